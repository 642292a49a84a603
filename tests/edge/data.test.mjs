// What researchers and analysts get: the admin routes, the export, the deletion of one participant.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { environments, records, settled } from "./data.mjs";
import { Participant } from "./participant.mjs";
import { violations } from "./psychds.mjs";
import { csv, unzip } from "./zip.mjs";

const TOKEN = "a-token-for-the-tests-of-this-edge";
const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const DEVICE = [["window_width", "1280"], ["window_height", "800"], ["ping_ms", "31.5"], ["touch", "false"]];
let edge, digest;

before(async () => {
  edge = await startEdge({ quiet: true, vars: { FOOTLIGHTS_ADMIN_TOKEN: TOKEN } });
  digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
});
after(() => edge.stop());

const admin = (path, options = {}) =>
  fetch(new URL(`/api/admin/${path}`, edge.url), { headers: { authorization: `Bearer ${TOKEN}` }, ...options });

async function exported(experiment) {
  const response = await admin(`experiments/${experiment}/export.zip`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/zip");
  const files = unzip(Buffer.from(await response.arrayBuffer()));
  const dataset = [...files].filter(([path]) => path.startsWith("dataset/"));
  return { files, dataset: new Map(dataset.map(([path, bytes]) => [path.slice("dataset/".length), bytes])) };
}

/** Plays a game to its end, until the data are saved. */
async function play(people, scene = "game") {
  await Promise.all(people.map((person) => person.match(scene)));
  await Promise.all(people.map((person) => person.sit(digest)));
  people.forEach((person) => person.live());
  await Promise.all(people.map((person) => person.socket.ended));
  for (const person of people) assert.equal(await person.leave(scene), 303);
  for (const person of people) assert.equal((await person.complete()).status, 200);
}

/** The header of a table is the codebook's, column for column. */
function explained(dataset, path, table) {
  const { variableMeasured } = JSON.parse(dataset.get("dataset_description.json"));
  const own = variableMeasured.filter((variable) => variable.propertyID === `${table}:${variable.name}`);
  const { header, rows } = csv(dataset.get(path));
  assert.deepEqual(header, own.map((variable) => variable.name), path);
  return rows;
}

test("without the token nothing is told, and without one in the deployment it says how to set it", async () => {
  for (const authorization of ["", "Bearer", "Bearer wrong", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
    for (const [path, method] of [["experiments", "GET"], ["experiments/slime_load/export.zip", "GET"], ["experiments/slime_load/participants/a", "DELETE"]]) {
      const response = await admin(path, { method, headers: { authorization } });
      assert.equal(response.status, 401, `${authorization} ${path}`);
      assert.match((await response.json()).error, /Authorization: Bearer/);
    }
  }
  const bare = await startEdge({ quiet: true, vars: { FOOTLIGHTS_ADMIN_TOKEN: "" } });
  try {
    for (const authorization of ["Bearer ", `Bearer ${TOKEN}`]) {
      const response = await fetch(new URL("/api/admin/experiments", bare.url), { headers: { authorization } });
      assert.equal(response.status, 503);
      assert.match((await response.json()).error, /wrangler secret put FOOTLIGHTS_ADMIN_TOKEN/);
    }
  } finally {
    await bare.stop();
  }
});

test("what leads nowhere says so", async () => {
  for (const [path, method] of [["nothing", "GET"], ["experiments/none/export.zip", "GET"], ["experiments", "DELETE"]]) {
    assert.equal((await admin(path, { method })).status, 404, path);
  }
  const { experiments } = await (await admin("experiments")).json();
  assert.ok(experiments.some((one) => one.id === "slime_load" && one.participants === 0));
});

test("the rules find what breaks them", () => {
  const good = () => ({
    "dataset_description.json": { "@context": "https://schema.org", "@type": "Dataset", name: "n", description: "d", variableMeasured: [{ "@type": "PropertyValue", name: "a" }] },
    "data/subject-1_data.csv": "a\n1\n",
  });
  const check = (change) => {
    const files = good();
    change(files, files["dataset_description.json"]);
    const bytes = (content) => Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
    return violations(new Map(Object.entries(files).map(([path, content]) => [path, bytes(content)]))).map((one) => one.split(":")[0]);
  };
  assert.deepEqual(check(() => {}), []);
  for (const [code, change] of [
    ["MISSING_DATASET_DESCRIPTION", (files) => delete files["dataset_description.json"]],
    ["JSON_KEY_REQUIRED", (_, said) => delete said.name],
    ["INVALID_SCHEMAORG_PROPERTY", (_, said) => (said.variableMeasured[0].levels = 1)],
    ["OBJECT_TYPE_MISSING", (_, said) => delete said.variableMeasured[0]["@type"]],
    ["CSV_COLUMN_MISSING_FROM_METADATA", (files) => (files["data/subject-2_data.csv"] = "a,b\n1,2\n")],
    ["VARIABLE_MISSING_FROM_CSV_COLUMNS", (_, said) => said.variableMeasured.push({ "@type": "PropertyValue", name: "b" })],
    ["FILENAME_KEYWORD_FORMATTING_ERROR", (files) => (files["data/subject-1-b_data.csv"] = "a\n")],
    ["FILENAME_UNOFFICIAL_KEYWORD_WARNING", (files) => (files["data/person-1_data.csv"] = "a\n")],
    ["CSV_HEADER_REPEATED", (files) => (files["data/subject-2_data.csv"] = "a,a\n")],
    ["CSV_FORMATTING_ERROR", (files) => (files["data/subject-2_data.csv"] = "a\n1,2\n")],
    ["FILE_EMPTY", (files) => (files["README.md"] = "")],
    ["WRONG_METADATA_LOCATION", (files) => (files["data/dataset_description.json"] = "{}")],
  ]) {
    assert.deepEqual(check(change), [code]);
  }
  assert.deepEqual(check((files) => delete files["data/subject-1_data.csv"]), ["VARIABLE_MISSING_FROM_CSV_COLUMNS", "MISSING_DATAFILE"]);
});

test("a study without participants is a whole dataset already", async () => {
  const { dataset } = await exported("slime_load");
  assert.deepEqual(violations(dataset), []);
});

test("the export of a study is valid under Psych-DS, explains every column, and names nobody", async () => {
  const person = await new Participant(edge.url).enter("slime_human_ai", "?PROLIFIC_PID=realperson99&STUDY_ID=st&SESSION_ID=se");
  assert.equal(await person.leave("start"), 303);
  await play([person]);
  await settled(edge, ({ sessions }) => sessions.some((row) => row.subject_id === person.subject && row.ending));

  const { files, dataset } = await exported("slime_human_ai");
  assert.deepEqual(violations(dataset), []);
  const [wide] = explained(dataset, "data/study-slimeHumanAi_description-participants_data.csv", "participants");
  assert.deepEqual([wide.subject_id, wide.status, wide.ending], [person.subject, "ended", "completed"]);
  const steps = explained(dataset, `data/steps/subject-${person.subject}_task-game_description-steps_data.csv`, "steps/game");
  const score = steps.reduce((sum, row) => sum + Number(row["rewards.player_0"]), 0);
  assert.equal(Number(wide["game.score"]), score);
  assert.equal(wide["game.game_id"], steps[0].game_id);
  const events = explained(dataset, "data/study-slimeHumanAi_description-events_data.csv", "events");
  assert.ok(events.some((row) => row.subject_id === person.subject && row.kind === "joined" && row.game_id === steps[0].game_id));
  assert.ok(events.some((row) => row.subject_id === person.subject && row.kind === "begun" && row.game_id === ""));
  const { experiment, build } = JSON.parse(dataset.get("records/experiment.json"));
  assert.deepEqual([experiment.id, typeof build], ["slime_human_ai", "string"]);
  assert.ok(dataset.has(`records/replays/${steps[0].game_id}.msgpack`));
  assert.equal(JSON.parse(dataset.get(`records/game/${person.subject}_metadata.json`)).ticks, steps.length);
  assert.equal(JSON.parse(dataset.get(`records/game/${person.subject}_globals.json`))["game.outcome"], "completed");

  for (const [path, bytes] of dataset) assert.ok(!bytes.includes("realperson99"), path);
  const { rows: [private_] } = csv(files.get("private/identifiers.csv"));
  assert.deepEqual(
    [private_.subject_id, private_.source, private_.PROLIFIC_PID, private_.ending, Number(private_["game.score"])],
    [person.subject, "prolific", "realperson99", "completed", score],
  );
});

test("every sending of a check is a row, and the last one is in the participants' table", async () => {
  const person = await new Participant(edge.url).enter("slime_with_a_stranger");
  await person.leave("consent");
  assert.equal((await person.send("screening", DEVICE, { "user-agent": CHROME })).status, 303);
  await person.leave("instructions");
  const goal = ["goal", "When the ball touches the ground on my side"];
  assert.equal((await person.send("comprehension", [goal, ["jump", "Space"]])).status, 422);
  assert.equal((await person.send("comprehension", [goal, ["jump", "Up arrow"]])).status, 303);
  const { answers } = await settled(edge, ({ answers }) => answers.filter((row) => row.subject_id === person.subject && row.scene_id === "comprehension").length === 4);
  const jumps = answers.filter((row) => row.subject_id === person.subject && row.question_id === "jump");
  assert.deepEqual(jumps.map((row) => [row.attempt, row.answer, row.correct]), [[1, "Space", 0], [2, "Up arrow", 1]]);

  const { files, dataset } = await exported("slime_with_a_stranger");
  assert.deepEqual(violations(dataset), []);
  const path = `data/answers/subject-${person.subject}_task-comprehension_description-answers_data.csv`;
  const rows = explained(dataset, path, "answers").filter((row) => row.question_id === "jump");
  assert.deepEqual(rows.map((row) => [row.attempt, row.answer, row.correct]), [["1", "Space", "false"], ["2", "Up arrow", "true"]]);
  const wide = explained(dataset, "data/study-slimeWithAStranger_description-participants_data.csv", "participants").find((row) => row.subject_id === person.subject);
  assert.deepEqual(
    [wide.status, wide["comprehension.jump"], wide["comprehension.attempts"], wide["screening.verdict"], wide["survey.fun"]],
    ["running", "Up arrow", "2", "passed", ""],
  );
  // Codes are worth money: they are with the identifiers.
  for (const [path, bytes] of dataset) assert.ok(!bytes.includes("SLIME-DONE"), path);
  assert.equal(csv(files.get("private/identifiers.csv")).rows[0].completion_code, "");
});

test("deletion leaves nothing of a participant, and the partner's data are whole", async () => {
  const people = await Promise.all([1, 2].map((k) => new Participant(edge.url).enter("slime_human_human", `?PROLIFIC_PID=pair${k}`)));
  const [gone, stays] = people;
  for (const person of people) assert.equal(await person.leave("start"), 303);
  await play(people);
  await settled(edge, ({ sessions }) => people.every((person) => sessions.some((row) => row.subject_id === person.subject && row.ending)));
  const before = (await exported("slime_human_human")).dataset;
  const steps = `data/steps/subject-${stays.subject}_task-game_description-steps_data.csv`;

  const path = `experiments/slime_human_human/participants/${gone.subject}`;
  const response = await admin(path, { method: "DELETE" });
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal((await admin(path, { method: "DELETE" })).status, 200, "once more does no harm");
  assert.equal((await gone.page()).status, 410);
  assert.equal(await gone.leave("start"), 410, "the cookie begins nothing again");

  const bucket = await edge.mf.getR2Bucket("DATA");
  for (const { key } of (await bucket.list()).objects) {
    assert.ok(!key.includes(gone.subject), key);
    const bytes = Buffer.from(await (await bucket.get(key)).arrayBuffer());
    assert.ok(!bytes.includes(gone.subject) && !bytes.includes("pair1"), key);
  }
  const db = await edge.mf.getD1Database("DB");
  const { results: tables } = await db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'").all();
  for (const { name } of tables) {
    const { results } = await db.prepare(`SELECT * FROM "${name}"`).all();
    assert.ok(!JSON.stringify(results).includes(gone.subject), name);
    assert.ok(!JSON.stringify(results).includes("pair1"), name);
  }
  const { seats } = await records(edge);
  assert.ok(seats.some((row) => row.subject_id === "deleted"));
  const { dataset, files } = await exported("slime_human_human");
  assert.deepEqual(violations(dataset), []);
  assert.deepEqual(dataset.get(steps), before.get(steps));
  assert.deepEqual(csv(files.get("private/identifiers.csv")).rows.map((row) => row.PROLIFIC_PID), ["pair2"]);
});

test("pandas and DuckDB read every table without an option", { skip: !process.env.FOOTLIGHTS_PYTHON && "no Python with pandas and DuckDB" }, async () => {
  const home = mkdtempSync(join(tmpdir(), "footlights-data-"));
  try {
    // What the tests above have played and answered.
    const studies = ["slime_human_ai", "slime_with_a_stranger", "slime_human_human"];
    for (const study of studies) {
      for (const [path, bytes] of (await exported(study)).files) {
        const to = join(home, study, path);
        mkdirSync(dirname(to), { recursive: true });
        writeFileSync(to, bytes);
      }
    }
    const frames = new URL("../data/frames.py", import.meta.url).pathname;
    const run = spawnSync(process.env.FOOTLIGHTS_PYTHON, [frames, ...studies.map((study) => join(home, study))], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /slime_human_ai: [3-9] tables/);
  } finally {
    rmSync(home, { recursive: true });
  }
});
