// What only shows where writes are confirmed late and clocks stand still in a turn, as at Cloudflare.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { csvOf, environments, records } from "./data.mjs";
import { seat } from "./participant.mjs";
import { startProductionEdge } from "./production.mjs";

const CONFIRM_MS = 250;
let edge, digest;

before(async () => {
  edge = await startProductionEdge(CONFIRM_MS, { quiet: true });
  digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
});
after(() => edge.stop());

const pass = (ms) => new Promise((done) => setTimeout(done, ms));

const seated = (experiment, count) => seat(edge.url, digest, experiment, count);

test("no message of a room waits for its writes, and every row is stored all the same", async () => {
  const people = await seated("slime_load", 8);
  const before = (await edge.gates()).Rooms;
  await pass(6_000);
  const { sent, held, writes } = (await edge.gates()).Rooms;
  assert.ok(sent - before.sent > 8 * 30 * 5, `${sent - before.sent} messages`);
  assert.ok(writes - before.writes >= 4 * 2, `${writes - before.writes} writes`);
  assert.equal(held, 0, "messages that waited");
  await Promise.all(people.map((person) => person.socket.close()));
});

test("who plays to the end is told so when it is stored, and has every row", async () => {
  const people = await seated("slime_human_human", 2);
  for (const person of people) {
    const [outcome] = await person.socket.inbox.next("e", 120_000);
    assert.equal(outcome, "completed");
    assert.equal((await person.socket.ended).code, 4007);
  }
  const { games, seats } = await records(edge);
  const { game_id } = seats.find((row) => row.subject_id === people[0].subject);
  const { ticks } = games.find((row) => row.game_id === game_id);
  for (const person of people) {
    const { rows } = await csvOf(edge, "slime_human_human", "game", person.subject);
    assert.deepEqual(rows.map((row) => Number(row.tick)), Array.from({ length: ticks }, (_, k) => k + 1));
  }
  const { Rooms, Participant: Pages } = await edge.gates();
  assert.deepEqual([Rooms.held, Rooms.gated], [0, 0]);
  assert.ok(Pages.gated > 0, "other objects' writes close their gates");
});

test("a process that stood still for two seconds plays none of the sixty ticks that it missed", async () => {
  const people = await seated("slime_load", 2);
  await pass(6_000);
  const inbox = people[0].socket.inbox;
  const last = () => inbox.all.findLast((message) => message.f).f[0];
  const before = last();
  await fetch(new URL("stall?ms=2000", edge.url));
  await pass(3_000);
  // Five seconds have passed; two of them nobody can have played.
  const ticks = last() - before;
  assert.ok(ticks < 30 * 3 + 25 && ticks > 30 * 2, `${ticks} ticks`);
  await Promise.all(people.map((person) => person.socket.close()));
});
