// Loads every model of a lab in the module that plays it, before a room or a participant does.
//
//   node models.mjs POLICIES FILES
//
// POLICIES is the folder of the built module, FILES that of the model files, by name. Standard input has the games that
// play models, as JSON: [["experiment","scene"], ...]. Standard output has what does not fit, as a list of sentences.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { compile, isAborted } from "./module.mjs";

const [policies, files] = process.argv.slice(2);
const games = JSON.parse(readFileSync(0, "utf8"));
const start = await compile(policies);

// The module asks for the files.
globalThis.footlightsFile = (name) => {
  const path = join(files, name);
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
};

const wrong = [];
let module = await start();
for (const [experiment, scene] of games) {
  try {
    module.check(experiment, scene);
  } catch (error) {
    const aborted = isAborted(error);
    const why = aborted ? `seats: the module aborted while it loaded them (${error.message})` : error.message;
    wrong.push(`experiment "${experiment}", scene "${scene}", ${why}`);
    // Nothing can be asked of an instance that ended so.
    if (aborted) module = await start();
  }
}
process.stdout.write(JSON.stringify(wrong));
