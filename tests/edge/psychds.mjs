// The rules of Psych-DS, as its schema documents them (psych-ds.github.io, rules and errors): the official validator is
// no package of the npm registry, and asks the network for schema.org. What breaks one of them is in the list that
// comes back, under the validator's own code.
import { csv } from "./zip.mjs";

const DATA_FILE = /^([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv$/;
const KEYWORDS = ["study", "site", "subject", "session", "task", "condition", "trial", "stimulus", "description"];
// schema.org's properties of the types that we use, those of Thing included.
const THING = ["@type", "name", "description", "disambiguatingDescription", "additionalType", "identifier"];
const PROPERTIES = {
  Dataset: [...THING, "@context", "variableMeasured", "distribution"],
  DataDownload: [...THING, "contentUrl", "encodingFormat"],
  PropertyValue: [...THING, "propertyID", "unitText", "minValue", "maxValue", "value", "valueReference"],
};

/** `files`: a Map from paths to bytes, the dataset's folder being the root. */
export function violations(files) {
  const found = [];
  const not = (code, where) => found.push(`${code}: ${where}`);
  if (!files.has("dataset_description.json")) return ["MISSING_DATASET_DESCRIPTION"];
  const described = JSON.parse(files.get("dataset_description.json"));
  if (described["@context"] !== "https://schema.org") not("INVALID_JSONLD_FORMATTING", described["@context"]);
  if (described["@type"] !== "Dataset") not("INCORRECT_DATASET_TYPE", described["@type"]);
  for (const key of ["name", "description", "variableMeasured"]) if (!described[key]) not("JSON_KEY_REQUIRED", key);
  const walk = (value, path) => {
    if (Array.isArray(value)) return value.forEach((one, k) => walk(one, `${path}[${k}]`));
    if (typeof value !== "object") return;
    if (!PROPERTIES[value["@type"]]) return not("OBJECT_TYPE_MISSING", path);
    for (const [key, one] of Object.entries(value)) {
      if (!PROPERTIES[value["@type"]].includes(key)) not("INVALID_SCHEMAORG_PROPERTY", `${path}.${key}`);
      walk(one, `${path}.${key}`);
    }
  };
  walk(described, "");
  const variables = new Set((described.variableMeasured ?? []).map((variable) => variable.name ?? variable));
  const used = new Set();
  let tables = 0;
  for (const [path, bytes] of files) {
    const name = path.split("/").at(-1);
    if (bytes.length === 0) not("FILE_EMPTY", path);
    if (name === "dataset_description.json" && path !== name) not("WRONG_METADATA_LOCATION", path);
    if (!path.endsWith(".csv") || !path.startsWith("data/")) continue;
    if (!DATA_FILE.test(name)) not("FILENAME_KEYWORD_FORMATTING_ERROR", path);
    for (const word of name.split("_").slice(0, -1)) {
      if (!KEYWORDS.includes(word.split("-")[0])) not("FILENAME_UNOFFICIAL_KEYWORD_WARNING", path);
    }
    let table;
    try {
      table = csv(bytes);
    } catch (error) {
      not("CSV_FORMATTING_ERROR", `${path}: ${error.message}`);
      continue;
    }
    tables++;
    if (new Set(table.header).size !== table.header.length) not("CSV_HEADER_REPEATED", path);
    table.header.forEach((column) => used.add(column));
    for (const column of table.header) if (!variables.has(column)) not("CSV_COLUMN_MISSING_FROM_METADATA", `${path}: ${column}`);
  }
  for (const name of variables) if (!used.has(name)) not("VARIABLE_MISSING_FROM_CSV_COLUMNS", name);
  if (tables === 0) not("MISSING_DATAFILE", "data");
  return found;
}
