// Somebody without a browser, who says over a real socket what no browser would say, plays against somebody in Chromium.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "@msgpack/msgpack";

import { environments } from "../edge/data.mjs";
import { Participant } from "../edge/participant.mjs";
import { cable } from "./cable.mjs";
import { begin, person, state } from "./chromium.mjs";
import { STUDY, gameOf, restless, same } from "./rollback.mjs";
import { browser, edge, subject } from "./world.mjs";

/** Bits of a seat's keys, as `footlights_example_experiments::slime_human_human::controls` names them; there are six. */
const [LEFT, JUMP] = [1, 2];
const UNKNOWN = 1 << 6;
/** `footlights_engine::room::confirm::AHEAD_S` of 30 ticks. */
const MOST_AHEAD = 150;
const NEVER = 2 ** 32 - 1;

/** The newest tick that the room told of, once it is this one or a later one. */
async function tick(forger, wanted) {
  for (;;) {
    const [at] = await forger.socket.inbox.next("c");
    if (at >= wanted) return at;
  }
}

/** The newest tick that the room told of when it has read all that was said before. */
async function newest(forger) {
  const asked = performance.now();
  forger.socket.send({ p: [asked, 1.5, true] });
  while ((await forger.socket.inbox.next("p"))[0] < asked);
  return forger.socket.inbox.all.findLast((message) => message.c).c[0];
}

/** The connection ends with that code; then the forger comes back as anybody may. */
async function thrownOut(forger, digest, code) {
  assert.equal((await forger.socket.ended).code, code);
  await sit(forger, digest);
}

async function sit(forger, digest) {
  await forger.sit(digest);
  forger.live();
}

test("who forges stamps, keys, reports, histories and floods gains nothing, and the other one's game goes on", async (t) => {
  const digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
  const line = await cable(edge.url, { delay: 10 });
  const page = await person(browser);
  const forger = await new Participant(edge.url).enter(STUDY);
  await forger.leave("start");
  await Promise.all([begin(page, line.url, STUDY), forger.match("game")]);
  await sit(forger, digest);
  await state(page, "running");
  const subjects = [subject(page), forger.subject];
  // The page's person never jumps; whoever makes them has forged it.
  const typing = restless([page], 150, ["ArrowLeft", "ArrowRight"]);
  const send = (message) => forger.socket.send(message);
  const jumps = [0, 1].map((agent) => [agent, { k: [JUMP] }]);
  const forged = (from, count) =>
    Array.from({ length: count }, (_, k) => [from + k, BigInt(Date.now()), jumps, 1n << 63n, null, null]);

  // A tick that is long over, and one that will never be.
  const past = await tick(forger, 30);
  send({ i: [1, LEFT, 0.5] });
  send({ i: [NEVER, JUMP, 0.5] });
  const upto = await newest(forger);
  // Histories, while the game runs: for ticks that were, and for ticks to come.
  const running = await tick(forger, past + 10);
  send({ r: [forged(2, 3)] });
  send({ r: [forged(running + 1, 3)] });
  assert.equal((await forger.socket.inbox.next("S"))[2], true, "an answer, and no other one's business");
  // A state that differs again and again, and reports of ticks that never were.
  const lied = await tick(forger, running + 30);
  for (let k = 0; k < 20; k++) send({ d: [lied, BigInt(k)] });
  send({ n: [NEVER, 255, [[lied - 1, true, 65_535, 65_535], [NEVER, true, 65_535, 65_535]], null] });
  assert.equal((await forger.socket.inbox.next("S"))[2], true);
  await tick(forger, past + MOST_AHEAD + 10);

  // What is refused ends the connection and not the game.
  send({ i: [200, UNKNOWN, 0.5] });
  await thrownOut(forger, digest, 4001);
  forger.socket.sendRaw(Buffer.from("c1fffe00deadbeef", "hex"));
  await thrownOut(forger, digest, 4001);
  send({ r: [forged(1, 100)] });
  await thrownOut(forger, digest, 4002);
  for (let k = 0; k < 150; k++) send({ i: [0, k % 2, 0.5] });
  await thrownOut(forger, digest, 4003);

  // A history, while the other one is away and the room would take one from whoever has it.
  const before = await tick(forger, 0);
  line.pull();
  let phase;
  while (phase !== "p") [phase] = await forger.socket.inbox.next("s");
  const last = forger.socket.inbox.all.findLast((message) => message.c)?.c[0] ?? before;
  send({ r: [forged(last + 1, 3)] });
  assert.equal((await forger.socket.inbox.next("S"))[2], true);
  line.plug();

  await page.locator("section[data-kind=end]").waitFor({ timeout: 60_000 });
  typing();
  assert.equal((await forger.socket.inbox.next("e"))[0], "completed");
  const [{ rows: theirs }, { rows: forgers }] = await same(edge, subjects);
  const { game, seats, events } = await gameOf(edge, subjects[0]);
  assert.equal(game.outcome, "completed");

  const holds = (rows, bits) => rows.filter((row) => Number(row.keys_held) & bits).map((row) => Number(row.tick));
  const left = holds(forgers, LEFT)[0];
  assert.ok(left > past && left <= upto + 1, `a stamp of the past counts at once: ${left}, sent between ${past} and ${upto}`);
  assert.equal(Number(forgers[left - 1].late_ticks), left - 1, "and the row says how late it was");
  const jump = holds(forgers, JUMP)[0];
  assert.ok(jump > past + MOST_AHEAD && jump <= upto + MOST_AHEAD + 1, `a stamp of the future counts in five seconds: ${jump}`);
  assert.deepEqual(holds(forgers, UNKNOWN), []);
  assert.deepEqual(holds(theirs, JUMP), [], "nobody else's keys");
  assert.ok(holds(theirs, 5).length > 20, "who do play");
  // How far the other page really fell behind depends on this machine; what the forger reports is no such number.
  const reported = theirs.flatMap((row) => [Number(row.rollback_ticks), Number(row.stalled_ms)]);
  assert.ok(reported.every((number) => number < 65_535), "nor their reports");

  const [mine, other] = [1, 0].map((k) => seats.find((row) => row.subject_id === subjects[k]).agent);
  const kinds = (agent) => events.filter((row) => row.agent === agent).map((row) => row.kind);
  const count = (kind) => kinds(mine).filter((found) => found === kind).length;
  t.diagnostic(`forger: ${kinds(mine).join(" ")}; other: ${kinds(other).join(" ")}`);
  assert.deepEqual(["malformed", "too_large", "too_frequent", "resume_refused"].map(count), [2, 1, 1, 1]);
  assert.equal(count("resumed_from_browser"), 0);
  assert.ok(count("desync") >= 1 && count("desync") <= 2, `${count("desync")} of twenty lies are worth a snapshot`);
  assert.equal(count("rejoined"), 4);
  assert.deepEqual(kinds(other), ["joined", "lost", "paused", "rejoined"], "whose cable was pulled once");
  await page.context().close();
  await line.stop();
});
