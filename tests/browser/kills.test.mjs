// The edge's process is killed while people in Chromium play, and started again on its storage: the games go on where
// they were, and the data do not show it.
//
// As many kills as games, FOOTLIGHTS_KILLS of them; a few unless that says another number.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { KillableEdge } from "../edge/killable.mjs";
import { records } from "../edge/data.mjs";
import { begin, launch, person } from "./chromium.mjs";
import { STUDY, TICKS, restless, same } from "./rollback.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const KILLS = Number(process.env.FOOTLIGHTS_KILLS ?? 4);
/** Games at once, and so kills of each; more browsers would take the processor from each other. */
const AT_ONCE = 2;
/** The ticks of a game are cut into as many parts as there are kills; each has its kill at a random tick. */
const [FROM, TO] = [60, 260];
/** The very first kill: nothing of a game but its beginning is stored yet. */
const EARLY = 15;

const edge = new KillableEdge();
const replays = mkdtempSync(join(tmpdir(), "footlights-replays-"));
let browser;

before(async () => {
  [browser] = await Promise.all([launch(), edge.start()]);
});
after(async () => {
  await browser.close();
  await edge.stop();
  rmSync(replays, { recursive: true, force: true });
});

/** A person whose page tells when a tick that it knew is not known any more. */
async function witness(backwards) {
  const page = await person(browser);
  await page.exposeFunction("wentBack", (from, to) => backwards.push(`from tick ${from} to ${to}`));
  await page.addInitScript(() => {
    let known = 0;
    setInterval(() => {
      const tick = window.footlights?.tick ?? 0;
      if (tick < known) window.wentBack(known, tick);
      known = tick;
    }, 10);
  });
  return page;
}

/** So many games at once, each of which sees as many kills. */
async function play(games, early, told) {
  const backwards = [];
  const pages = await Promise.all(Array.from({ length: 2 * games }, () => witness(backwards)));
  await Promise.all(pages.map((page) => begin(page, edge.url, STUDY)));
  const typing = restless(pages);
  const knows = (page, tick) => page.waitForFunction((tick) => window.footlights?.tick >= tick, tick, { timeout: 60_000 });
  const ended = Promise.all(pages.map((page) => page.locator("section[data-kind=end]").waitFor({ timeout: 90_000 })));
  await Promise.all(pages.map((page) => knows(page, 1)));
  for (let k = 0; k < games; k++) {
    const at = Math.floor(FROM + ((k + Math.random()) * (TO - FROM)) / games);
    await knows(pages[0], early && k === 0 ? EARLY : at);
    await edge.kill();
    const ticks = await Promise.all(pages.map((page) => page.evaluate(() => window.footlights.tick)));
    await edge.start();
    told(`killed when the pages knew ticks ${ticks.join(", ")}`);
  }
  await ended;
  typing();
  assert.deepEqual(backwards, [], "what somebody has seen is never decided again");
  await Promise.all(pages.map((page) => page.context().close()));
}

test(`${KILLS} kills in ${KILLS} games: all rows, both files the same, and every replay holds`, async (t) => {
  for (let left = KILLS; left > 0; left -= AT_ONCE) {
    await play(Math.min(left, AT_ONCE), left === KILLS, (line) => t.diagnostic(line));
  }

  const stored = await edge.open();
  const { games, seats, events } = await records(stored);
  assert.equal(games.length, KILLS);
  const bucket = await stored.mf.getR2Bucket("DATA");
  for (const { game_id, outcome, ticks } of games) {
    const kinds = events.filter((row) => row.game_id === game_id).map((row) => row.kind);
    assert.deepEqual([outcome, ticks], ["completed", TICKS], kinds.join(" "));
    await same(stored, seats.filter((row) => row.game_id === game_id).map((row) => row.subject_id));
    assert.ok(kinds.includes("recovered"), "it was killed");
    assert.deepEqual(kinds.filter((kind) => ["desync", "resume_refused"].includes(kind)), []);
    const file = join(replays, `${game_id}.msgpack`);
    const replay = await bucket.get(`data/${STUDY}/replays/${game_id}.msgpack`);
    writeFileSync(file, Buffer.from(await replay.arrayBuffer()));
    const { stdout } = await promisify(execFile)("cargo", ["xtask", "replay", file], { cwd: ROOT });
    assert.match(stdout, new RegExp(`${TICKS} steps in 1 episode, every digest holds`));
    t.diagnostic(kinds.join(" "));
  }
});
