// A build loads every model in the module that plays it. What does not fit is told in a sentence for each game.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { impossible } from "./impossible.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const POLICIES = join(root, "tests/lab/target/footlights/pages/policies");
const MODEL = "footlights-examples/models/slime_volleyball.onnx";
const GAMES = [["slime_human_ai", "game"], ["slime_with_a_stranger", "practice"]];

const files = mkdtempSync(join(tmpdir(), "footlights-models-"));
after(() => rmSync(files, { recursive: true }));

/** What the build is told of the games, with the model file as `change` leaves it. */
function wrong(games, change = (bytes) => bytes) {
  const bytes = change(readFileSync(join(root, "examples/models/slime_volleyball.onnx")));
  rmSync(join(files, "footlights-examples"), { recursive: true, force: true });
  if (bytes) {
    cpSync(join(root, "examples/models"), join(files, "footlights-examples/models"), { recursive: true });
    writeFileSync(join(files, MODEL), bytes);
  }
  const program = join(root, "footlights/cli/edge/models.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, POLICIES, files], {
    input: JSON.stringify(games),
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test("models that fit are not complained of", () => {
  assert.deepEqual(wrong(GAMES), []);
});

test("a model that is damaged is told for each game that plays it", () => {
  const told = wrong(GAMES, (bytes) => bytes.subarray(0, bytes.length / 2));
  assert.equal(told.length, GAMES.length, told.join("\n"));
  for (const [k, [experiment, scene]] of GAMES.entries()) {
    assert.match(told[k], new RegExp(`^experiment "${experiment}", scene "${scene}", seats: policy `));
  }
});

test("a model that is not there, and a game that is not there, are told", () => {
  const [model, game] = wrong([GAMES[0], ["none", "game"]], () => undefined);
  assert.match(model, new RegExp(`the file ${MODEL} is not there`));
  assert.match(game, /there is no game game in none/);
});

test("a model over which the runtime aborts is told, and the next game is looked at", () => {
  const told = wrong(GAMES, () => impossible());
  assert.equal(told.length, GAMES.length, told.join("\n"));
  for (const sentence of told) assert.match(sentence, /the module aborted while it loaded them/);
});
