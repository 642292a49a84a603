// A browser whose state is another one than the room's, in the middle of a real game. The test sits on its line and
// changes what the room says to it: nothing in the product helps.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, encode } from "@msgpack/msgpack";

import { cable } from "./cable.mjs";
import { begin, person, state } from "./chromium.mjs";
import { STUDY, gameOf, restless, same } from "./rollback.mjs";
import { browser, edge, subject } from "./world.mjs";

const BIG = { useBigInt64: true };
/** A tick of the room and what it has in it; see `footlights_protocol::wire::ConfirmedTick`. */
const [TICK, MOVES, DIGEST] = [0, 2, 4];
/** The digest in a report of what was shown; see `footlights_protocol::wire::RenderReport`. */
const REPORTED = 3;

/**
 * Sits on the line between a page and its room. `alter` is given each tick before the page sees it: it may change it, and
 * swallows it by returning true.
 */
async function tap(page, alter) {
  const log = [];
  await page.routeWebSocket(/\/rooms\//, (near) => {
    const far = near.connectToServer();
    near.onMessage((bytes) => {
      const { d, n } = decode(bytes, BIG);
      if (d) log.push({ kind: "differs", at: performance.now(), tick: Number(d[0]), digest: BigInt(d[1]) });
      if (n?.[REPORTED] != null) {
        log.push({ kind: "reported", at: performance.now(), tick: Number(n[0]), digest: BigInt(n[REPORTED]) });
      }
      far.send(bytes);
    });
    far.onMessage((bytes) => {
      const message = decode(bytes, BIG);
      if (message.S?.[2]) log.push({ kind: "repaired", at: performance.now(), tick: message.S[0] });
      const tick = message.c;
      if (!tick) return near.send(bytes);
      const before = log.length;
      const swallowed = alter(tick, () => log.push({ kind: "corrupted", at: performance.now(), tick: tick[TICK] }));
      if (tick[DIGEST] !== null) log.push({ kind: "digest", at: performance.now(), tick: tick[TICK] });
      if (swallowed) return;
      near.send(log.length > before && log[before].kind === "corrupted" ? Buffer.from(encode(message, BIG)) : bytes);
    });
  });
  return log;
}

test("a state that differs in the middle of a game is noticed within a second, repaired, and in the data", async (t) => {
  const line = await cable(edge.url, { delay: 40 });
  const pages = await Promise.all([1, 2].map(() => person(browser)));
  // Nobody has pressed a key until then. In one browser both slimes walk off, in the other a tick never was.
  const bend = (tick, corrupted) => {
    if (tick[TICK] !== 61) return;
    tick[MOVES] = [0, 1].map((agent) => [agent, { k: [1] }]);
    corrupted();
  };
  const swallow = (tick, corrupted) => tick[TICK] === 150 && Boolean(corrupted());
  const logs = [await tap(pages[0], bend), await tap(pages[1], swallow)];
  await Promise.all(pages.map((page) => begin(page, line.url, STUDY)));
  await Promise.all(pages.map((page) => state(page, "running")));
  const subjects = pages.map(subject);
  await pages[1].waitForFunction(() => window.footlights.tick >= 62);
  const typing = restless(pages);
  await Promise.all(pages.map((page) => page.locator("section[data-kind=end]").waitFor({ timeout: 60_000 })));
  typing();

  await same(edge, subjects);
  const { game, seats, events } = await gameOf(edge, subjects[0]);
  assert.equal(game.outcome, "completed");
  const stored = events.filter((row) => row.kind === "desync");
  for (const [k, log] of logs.entries()) {
    const first = (kind) => log.find((entry) => entry.kind === kind);
    const [corrupted, repaired] = ["corrupted", "repaired"].map(first);
    assert.ok(corrupted && repaired, log.map(({ kind }) => kind).join(" "));
    const { agent } = seats.find((row) => row.subject_id === subjects[k]);
    const mine = stored.filter((row) => row.agent === agent).map((row) => row.detail.split(",")[0]);
    // The browser compares with what the room tells it, the room with what the browser reports: either may be first. Until
    // the snapshot is there that goes on, and twice a second the room takes it down.
    const said = log.filter(({ kind, tick }) => kind === "differs" || (kind === "reported" && tick >= corrupted.tick));
    const told = said.map(({ tick, digest }) => `tick ${tick}: ${digest.toString(16).padStart(16, "0")}`);
    assert.ok(mine.length > 0 && mine.every((detail) => told.includes(detail)), mine.join("; "));
    const noticed = said[told.indexOf(mine[0])];
    const ms = noticed.at - corrupted.at;
    // A second of the game: a machine that has too much to do may hand the ticks on later than they were.
    assert.ok(noticed.tick - corrupted.tick <= 30, `noticed after ${noticed.tick - corrupted.tick} ticks`);
    t.diagnostic(`noticed after ${ms.toFixed()} ms, repaired after ${(repaired.at - corrupted.at).toFixed()} ms`);
    const after = log.filter((entry) => entry.tick > repaired.tick);
    assert.ok(after.filter((entry) => entry.kind === "digest").length >= 3, "and compared afterwards");
    assert.ok(after.every((entry) => entry.kind !== "differs"), "with nothing to repair");
  }
  await Promise.all(pages.map((page) => page.context().close()));
  await line.stop();
});
