// Whole games through the real edge: worker, objects, SQLite, R2 and D1 in workerd.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { csvOf, environments, records, settled } from "./data.mjs";
import { Participant, Socket, seat } from "./participant.mjs";

const SLIME = "slime-volleyball-v0";
let edge, digest;

before(async () => {
  edge = await startEdge({ quiet: true });
  digest = BigInt(`0x${(await environments(edge.url))[SLIME].fingerprint}`);
});
after(() => edge.stop());

/** As many participants as it takes, in their seats. */
const seated = (experiment, count) => seat(edge.url, digest, experiment, count);

/** Until the data are saved and the room has said goodbye. */
async function finished(person) {
  const first = await person.socket.inbox.next("e", 120_000);
  const second = first[1] ? first : await person.socket.inbox.next("e");
  assert.deepEqual(await person.socket.ended, { code: 4007, reason: "over" });
  return second[0];
}

test("the goldens hold in workerd", async () => {
  const expected = JSON.parse(readFileSync(new URL("../../env-sdk/environments/goldens.json", import.meta.url)));
  const found = await environments(edge.url);
  for (const [id, golden] of Object.entries(expected)) assert.equal(found[id].golden, golden, id);
});

test("two people play, and every tick of both is in R2 and D1", async () => {
  const people = await seated("slime_human_human", 2);
  const [left, right] = people;
  const keys = setInterval(() => people.forEach((person, k) => person.hold((performance.now() >> (8 + k)) & 7)), 120);
  assert.deepEqual(await Promise.all(people.map(finished)), ["completed", "completed"]);
  clearInterval(keys);

  const { games, seats, episodes, events } = await records(edge);
  const game = games.find((row) => row.experiment === "slime_human_human");
  assert.equal(game.outcome, "completed");
  assert.equal(game.environment, SLIME);
  const taken = seats.filter((row) => row.game_id === game.game_id);
  assert.deepEqual(new Set(taken.map((row) => row.subject_id)), new Set([left.subject, right.subject]));
  const points = episodes.filter((row) => row.game_id === game.game_id);
  assert.equal(points.length, 5);
  assert.equal(points.reduce((sum, row) => sum + row.steps, 0), game.ticks);
  assert.ok(events.some((row) => row.game_id === game.game_id && row.kind === "joined"));

  const [a, b] = await Promise.all(people.map((person) => csvOf(edge, "slime_human_human", "game", person.subject)));
  assert.equal(a.rows.length, game.ticks);
  assert.equal(b.rows.length, game.ticks);
  assert.equal(a.rows.filter((row) => row["terminated.player_0"] === "true").length, 5, "terminal rows are there");
  const shared = a.header.filter((name) => name.includes(".player_"));
  assert.ok(shared.includes("observations.player_1.other_vy"));
  for (const [k, row] of a.rows.entries()) {
    assert.equal(row.tick, String(k + 1));
    for (const name of shared) {
      assert.equal(row[name], b.rows[k][name], `${name} at tick ${row.tick}`);
      assert.notEqual(row[name], "", `${name} at tick ${row.tick}`);
    }
  }
  assert.ok(a.rows.some((row) => row["action_source.player_0"] === "keys"));

  const metadata = await (await edge.mf.getR2Bucket("DATA")).get(
    `data/slime_human_human/game/${left.subject}_metadata.json`,
  );
  const said = JSON.parse(await metadata.text());
  assert.equal(said.partial, false);
  assert.equal(said.ticks, game.ticks);

  for (const person of people) {
    assert.equal(await person.leave("game"), 303);
    assert.equal(await person.scene(), "end");
  }
  const subjects = people.map((person) => person.subject);
  await settled(edge, ({ sessions }) =>
    subjects.every((subject) => sessions.some((row) => row.subject_id === subject && row.ending === "completed")),
  );
});

test("one person plays the trained policy at thirty frames a second", async () => {
  const [person] = await seated("slime_human_ai", 1);
  assert.equal(await finished(person), "completed");
  const frames = person.socket.inbox.all.filter((message) => message.f);
  const ticks = frames.map((message) => message.f[0]);
  const distinct = [...new Set(ticks)];
  assert.deepEqual(distinct, Array.from({ length: distinct.length }, (_, k) => k), "every tick, in order");
  const { rows } = await csvOf(edge, "slime_human_ai", "game", person.subject);
  assert.equal(rows.length, distinct.length - 1);
  assert.ok(rows.every((row) => row["action_source.player_1"] === "policy"));
});

test("who plays alone is given the seat with the page, once, and who has a partner is not", async () => {
  const person = await new Participant(edge.url).enter("slime_human_ai");
  const room = (html) => html.match(/data-room="([^"]+)"/)?.[1].replaceAll("&amp;", "&");
  const sent = await Promise.all([1, 2].map(() => person.send("start", [], { "footlights-next-page": "1" })));
  assert.deepEqual(sent.map(({ status }) => status).sort(), [200, 409], "a form that is sent twice is taken once");
  const { html } = sent.find(({ status }) => status === 200);
  assert.match(html, /data-scene="game"/);
  person.room = room(html);
  assert.ok(person.room, html);
  assert.equal(room((await person.page()).html), person.room, "a reload leads to the same room");
  assert.equal(await person.match("game"), person.room, "and so does the lobby");
  await person.sit(digest);
  person.live();
  assert.equal(await finished(person), "completed");
  const { seats, events } = await records(edge);
  assert.equal(seats.filter((row) => row.subject_id === person.subject).length, 1);
  assert.equal(events.filter((row) => row.subject_id === person.subject && row.kind === "matched").length, 1);
  assert.equal(await person.leave("game"), 303);

  const other = await new Participant(edge.url).enter("slime_human_human");
  const waits = await other.send("start", [], { "footlights-next-page": "1" });
  assert.match(waits.html, /data-scene="game"/);
  assert.equal(room(waits.html), undefined);
});

test("a reload in mid-game comes back to the same seat without a second game", async () => {
  const [person] = await seated("slime_human_ai", 1);
  await person.socket.inbox.next("f");
  const seat = person.room;
  person.socket.cut();
  assert.equal(await person.match("game"), seat);
  const welcome = await person.sit(digest);
  assert.equal(welcome[1], 0);
  person.live();
  assert.equal(await finished(person), "completed");
  const { games, seats } = await records(edge);
  const mine = seats.filter((row) => row.subject_id === person.subject).map((row) => row.game_id);
  assert.equal(mine.length, 1);
  assert.equal(games.find((row) => row.game_id === mine[0]).outcome, "completed");
});

test("who waits in a lobby in vain is told so, let go and taken to the end", async () => {
  const person = await new Participant(edge.url).enter("slime_load");
  assert.equal(await person.leave("start"), 303);
  const lobby = await person.lobby("game");
  const [here, needed] = await lobby.inbox.next("w");
  assert.deepEqual([here, needed], [1, 2]);
  const [words] = await lobby.inbox.next("t", 60_000);
  assert.ok(words.length > 0);
  assert.equal((await lobby.ended).code, 4007);
  assert.equal((await (await person.lobby("game")).ended).code, 4007, "there is no second wait");
  assert.equal(await person.leave("game"), 303, "the button leads on");
  assert.equal(await person.scene(), "end");
  const { seats } = await settled(edge, ({ sessions }) =>
    sessions.some((row) => row.subject_id === person.subject && row.ending === "lobby_timeout"),
  );
  assert.ok(seats.every((row) => row.subject_id !== person.subject));
});

test("a game is played once: its lobby is closed to who has played, and a reload goes on", async () => {
  const [person] = await seated("slime_human_ai", 1);
  assert.equal(await finished(person), "completed");
  const lobby = await person.lobby("game");
  assert.equal((await lobby.ended).code, 4007);
  assert.equal(await person.scene(), "end");
  const { seats } = await settled(edge, ({ sessions }) =>
    sessions.some((row) => row.subject_id === person.subject && row.ending === "completed"),
  );
  assert.equal(seats.filter((row) => row.subject_id === person.subject).length, 1);
});

test("a page cannot be left before the game's data are saved, nor twice", async () => {
  const person = await new Participant(edge.url).enter("slime_human_ai");
  assert.equal(await person.leave("game"), 409);
  assert.equal(await person.leave("start"), 303);
  assert.equal(await person.leave("start"), 409);
  assert.equal(await person.leave("game"), 409);
  assert.equal(await person.scene(), "game");
});

test("a recruiter's id stays out of addresses and data, and comes back to the same place", async () => {
  const first = await new Participant(edge.url).enter("slime_human_ai", "?PROLIFIC_PID=5f1c2A");
  assert.match(first.subject, /^s?[0-9a-f]{16}$/);
  await first.leave("start");
  const again = await new Participant(edge.url).enter("slime_human_ai", "?PROLIFIC_PID=5f1c2A&STUDY_ID=s1");
  assert.equal(again.subject, first.subject);
  assert.equal(await again.scene(), "game");
});

test("nobody waits with somebody who closed the tab", async () => {
  const [gone, a, b] = await Promise.all(
    Array.from({ length: 3 }, () => new Participant(edge.url).enter("slime_human_human")),
  );
  for (const person of [gone, a, b]) await person.leave("start");
  const waiting = await gone.lobby("game");
  assert.deepEqual((await waiting.inbox.next("w")).slice(0, 2), [1, 2]);
  await waiting.close();
  const lobby = await a.lobby("game");
  assert.deepEqual((await lobby.inbox.next("w")).slice(0, 2), [1, 2]);
  const [x, y] = await Promise.all([lobby.inbox.next("m"), b.match("game")]);
  assert.equal(x[0].split("?")[0], y.split("?")[0], "a and b share a room");
});

test("whoever comes late to a finished game is told that it is over", async () => {
  const [person] = await seated("slime_human_ai", 1);
  await finished(person);
  const late = await Socket.open(person.sockets + person.room);
  assert.equal((await late.ended).code, 4007);
});
