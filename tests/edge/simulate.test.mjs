// Bots walk a study, with some mischief, and everything they did is stored.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";

function simulate(...args) {
  return new Promise((resolve) => {
    execFile(process.env.FOOTLIGHTS_SIMULATE, ["--json", ...args], { maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

test("six bots walk a study with reloads, second tabs, looks elsewhere and cut sockets: nobody is stranded, no row is missing", async () => {
  const options = ["--experiment", "slime_human_ai", "--participants", "6"];
  const mischief = ["--reload", "0.5", "--second-tab", "0.5", "--hide", "1", "--cuts", "0.7", "--seed", "4"];
  const { code, stdout, stderr } = await simulate(...options, ...mischief);
  assert.equal(code, 0, stdout + stderr);
  const report = JSON.parse(stdout);
  assert.deepEqual(report.errors, []);
  assert.deepEqual(report.outcomes, { completed: 6 });
  assert.equal(report.games, 6);
  assert.equal(report.stranded, 0);
  assert.ok(report.rows_expected > 0 && report.rows_saved === report.rows_expected, stdout);
  assert.ok(report.reloads > 0 && report.second_tabs > 0 && report.hidden > 0, stdout);
  assert.ok(report.hindrances.sockets_cut > 0, stdout);
});

test("games that browsers simulate survive a killed edge: every tick is stored once, and both files say the same", async () => {
  const options = ["--experiment", "slime_rollback", "--participants", "8", "--kill", "2", "--seed", "5"];
  const { code, stdout, stderr } = await simulate(...options);
  assert.equal(code, 0, stdout + stderr);
  const report = JSON.parse(stdout);
  assert.deepEqual(report.errors, []);
  assert.deepEqual(report.outcomes, { completed: 8 });
  assert.equal(report.kills, 2);
  assert.ok(report.rows_expected > 0 && report.rows_saved === report.rows_expected, stdout);
});

test("whatever networks and browsers refuse, everybody comes to an end with a code, and the others play", async () => {
  const options = ["--experiment", "pair_check", "--participants", "12", "--seed", "1"];
  const mischief = ["--no-cookies", "0.4", "--no-script", "0.2", "--no-sockets", "0.2", "--cuts", "0.3"];
  const { code, stdout, stderr } = await simulate(...options, ...mischief);
  assert.equal(code, 0, stdout + stderr);
  const report = JSON.parse(stdout);
  assert.deepEqual(report.errors, []);
  for (const kind of ["sockets_refused", "without_cookies", "without_script"]) assert.ok(report.hindrances[kind] > 0, kind);
  assert.ok(report.outcomes.completed > 3 && report.outcomes.screened_out > 0 && report.outcomes.lobby_timeout > 0, stdout);
  assert.ok(report.rows_expected > 0 && report.rows_saved === report.rows_expected, stdout);
});

test("a study that this build does not have is refused with those that it has", async () => {
  const { code, stdout, stderr } = await simulate("--experiment", "nothing", "--participants", "1");
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /this build has .*slime_human_ai/);
});
