// A deployment over data that an earlier build wrote: its export says the same under today's names, and a participant
// who was on the way goes on. What lies in fixtures/previous-build is described there.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { csv, unzip } from "./zip.mjs";

const FIXTURE = fileURLToPath(new URL("../fixtures/previous-build/", import.meta.url));
const TOKEN = "a-token-for-the-tests-of-this-edge";
let edge, directory;

function unpack(archive, to) {
  const { status, stderr } = spawnSync("tar", ["xzf", join(FIXTURE, archive), "-C", to], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "footlights-upgrade-"));
  unpack("state.tar.gz", directory);
  unpack("export.tar.gz", directory);
  const vars = { FOOTLIGHTS_ADMIN_TOKEN: TOKEN };
  edge = await startEdge({ persist: directory, secret: "the previous build's secret", quiet: true, vars });
});
after(async () => {
  await edge.stop();
  rmSync(directory, { recursive: true });
});

/** Today's name of a column of the earlier build, among today's columns. */
function renamed(name, header) {
  if (name.startsWith("arm.")) return name.replace("arm.", "condition.");
  const place = /^observations\.(player_\d+)\.(\d+)$/.exec(name);
  return place ? header.filter((known) => known.startsWith(`observations.${place[1]}.`))[Number(place[2])] : name;
}

for (const experiment of ["mountain_car_conditions", "slime_rollback"]) {
  test(`the data of ${experiment} are exported as the earlier build exported them`, async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(new URL(`/api/admin/experiments/${experiment}/export.zip`, edge.url), { headers });
    assert.equal(response.status, 200);
    const files = unzip(Buffer.from(await response.arrayBuffer()));
    const tables = spawnSync("find", [experiment, "-name", "*.csv"], { cwd: directory, encoding: "utf8" });
    const paths = tables.stdout.trim().split("\n");
    assert.ok(paths.length >= 4, paths);
    for (const path of paths) {
      const before = csv(readFileSync(join(directory, path)));
      const now = csv(files.get(path.slice(experiment.length + 1)) ?? assert.fail(`${path} is gone`));
      assert.equal(now.rows.length, before.rows.length, path);
      for (const name of before.header) {
        const today = renamed(name, now.header);
        assert.ok(now.header.includes(today), `${path}: ${name} is gone`);
        const column = (table, key) => table.rows.map((row) => row[key]);
        assert.deepEqual(column(now, today), column(before, name), `${path}: ${name}`);
      }
    }
    const records = [...files].filter(([path]) => path.includes("/replays/"));
    assert.ok(records.length > 0);
    for (const [path, bytes] of records) {
      assert.deepEqual(bytes, readFileSync(join(directory, experiment, path)), path);
    }
  });
}

test("a participant of the earlier build comes back to the same scene and goes on", async () => {
  const link = "/x/mountain_car_conditions?PROLIFIC_PID=unfinished1&STUDY_ID=st&SESSION_ID=se";
  const entered = await fetch(new URL(link, edge.url), { redirect: "manual" });
  assert.equal(entered.status, 303);
  const page = new URL(entered.headers.get("location"), edge.url);
  assert.match(page.pathname, /\/31c71822432a12c2$/);
  const headers = { cookie: entered.headers.get("set-cookie").split(";")[0] };
  const here = async () => (await (await fetch(page, { headers })).text()).match(/data-scene="([^"]*)"/)[1];
  assert.equal(await here(), "instructions_plain");
  const origin = page.origin;
  const sent = await fetch(new URL(`${page.pathname}/scenes/instructions_plain`, edge.url), {
    method: "POST",
    headers: { ...headers, origin, "content-type": "application/x-www-form-urlencoded" },
    body: "",
    redirect: "manual",
  });
  assert.equal(sent.status, 303);
  assert.equal(await here(), "drive_fast-1");
});
