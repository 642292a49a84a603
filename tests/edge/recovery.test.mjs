// The process is lost in mid-game; its storage is not.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { csvOf, environments, records } from "./data.mjs";
import { KillableEdge } from "./killable.mjs";
import { Participant, Socket } from "./participant.mjs";

const edges = [];
after(() => Promise.all(edges.map((edge) => edge.stop())));

/** An edge of a test's own, which may be killed. */
async function killable() {
  const edge = new KillableEdge();
  edges.push(edge);
  await edge.start();
  return edge;
}

test("a killed edge starts again on its storage: one game goes on, the other ends, both with their rows", async () => {
  const edge = await killable();
  const digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
  const people = await Promise.all([1, 2, 3].map(() => new Participant(edge.url).enter("slime_human_ai")));
  for (const person of people) await person.leave("start");
  for (const person of people) await person.match("game");
  for (const person of people) {
    await person.sit(digest);
    person.live();
  }
  // Far enough that something is stored: rows go to SQLite every two seconds.
  await Promise.all(people.map((person) => tick(person, 90)));
  const seen = people[0].socket.inbox.all.findLast((message) => message.f).f[0];
  await edge.kill();
  await Promise.all(people.map((person) => person.socket.ended));

  await edge.start();
  const [stays, leaves, late] = people;
  const welcome = await stays.sit(digest);
  assert.equal(welcome[1], 0);
  stays.live();
  const first = await stays.socket.inbox.next("f");
  assert.ok(first[0] >= 15 && first[0] <= seen + 5, `goes on from tick ${first[0]}`);
  assert.ok(first[2][1][0], "with a full picture");
  await late.match("game");
  await late.sit(digest);
  late.live();

  for (const person of [stays, late]) {
    const [outcome] = await person.socket.inbox.next("e", 120_000);
    assert.equal(outcome, "completed");
    assert.equal((await person.socket.ended).code, 4007);
    assert.equal(await person.leave("game"), 303);
  }
  // The one who never came back: the alarm finds the game, waits the grace time, and saves what there is.
  await until(async () => (await leaves.leave("game")) === 303, 90_000);
  const stored = await edge.open();
  const { games, seats, events } = await records(stored);
  assert.equal(games.length, 3);
  for (const person of people) {
    const { game_id } = seats.find((row) => row.subject_id === person.subject);
    const game = games.find((row) => row.game_id === game_id);
    assert.equal(game.outcome, person === leaves ? "abandoned" : "completed");
    assert.ok(game.ticks >= 15);
    const { rows } = await csvOf(stored, "slime_human_ai", "game", person.subject);
    assert.deepEqual(rows.map((row) => Number(row.tick)), Array.from({ length: game.ticks }, (_, k) => k + 1));
    assert.ok(events.some((row) => row.game_id === game_id && row.kind === "recovered"));
  }
});

test("a game that is over and waits for its browsers' last words when the process is lost is saved with all its rows", async () => {
  const edge = await killable();
  const digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
  const people = await Promise.all([1, 2].map(() => new Participant(edge.url).enter("rollback_check")));
  for (const person of people) await person.leave("start");
  await Promise.all(people.map((person) => person.match("game")));
  for (const person of people) {
    await person.sit(digest);
    person.live();
  }
  const [outcome, saved] = await people[0].socket.inbox.next("e", 60_000);
  assert.deepEqual([outcome, saved], ["completed", false], "they have said nothing of its end");
  await edge.kill();
  await edge.start();
  for (const person of people) {
    const again = await Socket.open(person.sockets + person.room);
    assert.equal((await again.ended).code, 4007);
    await until(async () => (await person.leave("game")) === 303, 12_000);
  }
  const stored = await edge.open();
  for (const person of people) {
    const { rows } = await csvOf(stored, "rollback_check", "game", person.subject);
    assert.equal(rows.length, 300);
  }
});

// Puts what a room keeps under keys into the tables in which earlier builds kept it.
const EARLIER = `
import { DurableObject } from "cloudflare:workers";
export class Rooms extends DurableObject {
  fetch() {
    const { kv, sql } = this.ctx.storage;
    sql.exec("CREATE TABLE games (game TEXT PRIMARY KEY, info TEXT NOT NULL, checkpoint BLOB NOT NULL, outcome TEXT NOT NULL) WITHOUT ROWID");
    sql.exec("CREATE TABLE chunks (game TEXT NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (game, seq)) WITHOUT ROWID");
    const all = [...kv.list()];
    for (const [key, value] of all) {
      const [what, game, place] = key.split("/");
      if (what === "game") sql.exec("INSERT INTO games VALUES (?, ?, ?, '')", game, value, kv.get("checkpoint/" + game));
      if (what === "chunk") sql.exec("INSERT INTO chunks VALUES (?, ?, ?)", game, Number(place.split(".")[0]), value);
    }
    for (const [key] of all) kv.delete(key);
    return Response.json(all.map(([key]) => key.split("/")[0]));
  }
  alarm() {}
}
export default { fetch: () => new Response() };
`;

test("a game that an earlier build kept in tables goes on, with all its rows", async () => {
  const edge = await killable();
  const digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
  const person = await new Participant(edge.url).enter("slime_human_ai");
  await person.leave("start");
  await person.match("game");
  await person.sit(digest);
  person.live();
  await tick(person, 140);
  const [kept] = await edge.ask("Rooms", EARLIER);
  assert.deepEqual([...new Set(kept)].sort(), ["checkpoint", "chunk", "game"]);
  assert.ok(kept.filter((what) => what === "chunk").length >= 2, `${kept}`);
  await edge.start();
  await person.sit(digest);
  person.live();
  const [first] = await person.socket.inbox.next("f");
  assert.ok(first >= 60, `goes on from tick ${first}`);
  assert.equal((await person.socket.inbox.next("e", 120_000))[0], "completed");
  assert.equal((await person.socket.ended).code, 4007);
  const stored = await edge.open();
  const { games } = await records(stored);
  const { rows } = await csvOf(stored, "slime_human_ai", "game", person.subject);
  assert.deepEqual(rows.map((row) => Number(row.tick)), Array.from({ length: games[0].ticks }, (_, k) => k + 1));
});

async function tick(person, wanted) {
  while ((await person.socket.inbox.next("f"))[0] < wanted);
}

async function until(condition, ms) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
