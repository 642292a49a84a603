// The waiting room through the real edge: ready checks, places for games, and a crowd.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { environments } from "./data.mjs";
import { Participant } from "./participant.mjs";

let edge, digest;

before(async () => {
  edge = await startEdge({ quiet: true });
  digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
});
after(() => edge.stop());

/** Somebody at the game's door. */
async function arrived(experiment) {
  const person = await new Participant(edge.url).enter(experiment);
  assert.equal(await person.leave("start"), 303);
  return person;
}

/** Somebody in the waiting room of `lobby_check`. */
async function waiting() {
  const person = await arrived("lobby_check");
  person.waits = await person.lobby("game");
  return person;
}

/** Presses the button when asked. */
async function ready(person) {
  const [remaining, , needed, mine] = await person.waits.inbox.next("c");
  assert.ok(remaining > 3_000 && remaining <= 5_000, `${remaining} ms to answer`);
  assert.deepEqual([needed, mine], [2, false]);
  person.waits.send("r");
}

/** The room that somebody was sent to. */
async function matched(person) {
  [person.room] = await person.waits.inbox.next("m");
  await person.waits.close();
  return person.room.split("?")[0];
}

/** Plays the game to its end. */
async function play(people) {
  await Promise.all(people.map((person) => person.sit(digest)));
  people.forEach((person) => person.live());
  await Promise.all(people.map((person) => person.socket.inbox.next("e", 60_000)));
}

const over = (people) => Promise.all(people.map((person) => person.socket.ended));

test("whoever is ready plays, and everybody sees how many are", async () => {
  const [a, b] = [await waiting(), await waiting()];
  await ready(a);
  const [, count, , mine] = await b.waits.inbox.next("c");
  assert.ok(count <= 1 && !mine);
  b.waits.send("r");
  const rooms = await Promise.all([matched(a), matched(b)]);
  assert.equal(rooms[0], rooms[1]);
  assert.match(rooms[0], /^\/rooms\/lobby_check-game-[a-z]+-0\/g[0-9a-f]{24}$/, "the room's name says where it is");
  await play([a, b]);
  await over([a, b]);
});

test("who does not press is sent away, and the other is matched with the next one to come", async () => {
  const [sleeper, b] = [await waiting(), await waiting()];
  await ready(b);
  assert.equal((await sleeper.waits.inbox.next("x", 15_000))[0], 4010);
  const [here, needed] = await b.waits.inbox.next("w");
  assert.deepEqual([here, needed], [1, 2], "the other waits on");
  const c = await waiting();
  await Promise.all([ready(b), ready(c)]);
  const rooms = await Promise.all([matched(b), matched(c)]);
  assert.equal(rooms[0], rooms[1]);
  assert.equal((await sleeper.waits.ended).code, 4010);
  // There is a way to wait again, behind whoever was there.
  sleeper.waits = await sleeper.lobby("game");
  await sleeper.waits.inbox.next("w");
  await sleeper.waits.close();
  await play([b, c]);
  await over([b, c]);
});

test("no second game begins before the first is over", async () => {
  const first = [await waiting(), await waiting()];
  await Promise.all(first.map(ready));
  const room = await Promise.all(first.map(matched));
  const second = [await waiting(), await waiting()];
  for (const person of second) {
    const [, , , , full] = await person.waits.inbox.next("w");
    assert.equal(full, true, "whoever waits is told");
  }
  const played = play(first);
  const ticks = (message) => message.f?.[0] >= 30;
  while (!first.every((person) => person.socket?.inbox.all.some(ticks))) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const asked = second.flatMap((person) => person.waits.inbox.all).filter((message) => message.c);
  assert.equal(asked.length, 0, "nobody was asked while the game ran");
  await played;
  await Promise.all(second.map(ready));
  const next = await Promise.all(second.map(matched));
  assert.equal(next[0], next[1]);
  assert.notEqual(next[0], room[0]);
  await over(first);
  await play(second);
  await over(second);
});

test("a reload does not begin the wait anew", async () => {
  const person = await waiting();
  await person.waits.inbox.next("w");
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await person.waits.close();
  person.waits = await person.lobby("game");
  const [here, , waited] = await person.waits.inbox.next("w");
  assert.equal(here, 1);
  assert.ok(waited >= 1_200, `${waited} ms`);
  await person.waits.close();
});

test("a ping is answered at once", async () => {
  const person = await waiting();
  person.waits.send({ p: [20.5] });
  assert.equal(await person.waits.inbox.next("p"), "p");
  await person.waits.close();
});

test("twenty at once make ten pairs, and nobody is in two", async () => {
  const people = await Promise.all(Array.from({ length: 20 }, () => arrived("slime_human_human")));
  const lobbies = await Promise.all(people.map((person) => person.lobby("game")));
  const paths = await Promise.all(lobbies.map((lobby) => lobby.inbox.next("m").then(([path]) => path.split("?")[0])));
  const rooms = new Set(paths);
  assert.equal(rooms.size, 10);
  for (const room of rooms) assert.equal(paths.filter((path) => path === room).length, 2, room);
  for (const lobby of lobbies) assert.equal(lobby.inbox.all.filter((message) => message.m).length, 1);
  await Promise.all(lobbies.map((lobby) => lobby.close()));
});
