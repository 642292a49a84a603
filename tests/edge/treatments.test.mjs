// Treatments that belong to a group or to a session: one waiting room, everybody plays, balanced, and the level in the data.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { csvOf, environments, records, settled } from "./data.mjs";
import { Participant } from "./participant.mjs";
import { csv, unzip } from "./zip.mjs";

const COMMONS = "commons-harvest-v0";
const TOKEN = "a-token-for-the-tests-of-this-edge";
let edge, digest;

before(async () => {
  edge = await startEdge({ quiet: true, vars: { FOOTLIGHTS_ADMIN_TOKEN: TOKEN } });
  digest = BigInt(`0x${(await environments(edge.url))[COMMONS].fingerprint}`);
});
after(() => edge.stop());

const comers = (experiment, count, query = "") =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const person = await new Participant(edge.url).enter(experiment, query);
      assert.equal(await person.leave("start"), 303);
      if (experiment === "groups_check") assert.equal(await person.leave("before", [["age", "30"]]), 303);
      return person;
    }),
  );

/** Plays a game to its end, and comes to the scene behind it. */
async function play(person, scene, next) {
  await person.match(scene);
  await person.sit(digest);
  person.live();
  const first = await person.socket.inbox.next("e", 60_000);
  if (!first[1]) await person.socket.inbox.next("e", 60_000);
  await person.socket.ended;
  assert.equal(await person.leave(scene), 303);
  assert.equal(await person.scene(), next);
}

const levelOf = async (person, scene) => {
  const { rows } = await csvOf(edge, person.experiment, scene, person.subject);
  const levels = new Set(rows.map((row) => row["condition.regrowth"]));
  assert.equal(levels.size, 1, "one level in the whole game");
  return [...levels][0];
};

test("nine people in groups of three with two levels all play, and the levels are balanced", async () => {
  const people = await comers("groups_check", 9);
  await Promise.all(people.map((person) => play(person, "game", "between")));
  const { seats } = await records(edge);
  const groups = new Map();
  for (const person of people) {
    const { game_id } = seats.find((seat) => seat.subject_id === person.subject);
    groups.set(game_id, [...(groups.get(game_id) ?? []), person]);
  }
  assert.deepEqual([...groups.values()].map((members) => members.length), [3, 3, 3]);
  const levels = [];
  for (const members of groups.values()) {
    const of = new Set(await Promise.all(members.map((person) => levelOf(person, "game"))));
    assert.equal(of.size, 1, "a group has one level");
    levels.push(...of);
    for (const person of members) {
      const { html } = await person.page();
      for (const text of ["Apples grew LEVEL.", "<h1>After LEVEL apples</h1>", ">On with LEVEL apples</button>"]) {
        assert.ok(html.includes(text.replace("LEVEL", levels.at(-1))), html);
      }
    }
  }
  const fast = levels.filter((level) => level === "fast").length;
  assert.ok(fast === 1 || fast === 2, `${levels}`);

  // Another three get the level that fewer groups have.
  const more = await comers("groups_check", 3);
  await Promise.all(more.map((person) => play(person, "game", "between")));
  assert.equal(await levelOf(more[0], "game"), fast === 1 ? "fast" : "slow");

  // The second game is played with people of the same level, who keep it.
  const six = [...people, ...more];
  for (const person of six) assert.equal(await person.leave("between"), 303);
  await Promise.all(six.map((person) => play(person, "again", "end")));
  for (const person of six) assert.equal(await levelOf(person, "again"), await levelOf(person, "game"));
  await settled(edge, ({ sessions }) => six.every(({ subject }) => sessions.some((row) => row.subject_id === subject && row.status === "ended")));
  const bucket = await edge.mf.getR2Bucket("DATA");
  const participant = await (await bucket.get(`data/groups_check/participants/${people[0].subject}.csv`)).text();
  const [header, row] = participant.trimEnd().split("\n").map((line) => line.split(","));
  assert.equal(row[header.indexOf("condition.regrowth")], await levelOf(people[0], "game"));

  // What was answered before the level was drawn has it as well, and so has every event.
  const level = new Map(await Promise.all(six.map(async (person) => [person.subject, await levelOf(person, "game")])));
  const { rows: answers } = await csvOf(edge, "groups_check", "before", people[0].subject);
  assert.deepEqual(answers.map((answer) => [answer.answer, answer["condition.regrowth"]]), [["30", level.get(people[0].subject)]]);
  const zip = await fetch(`${edge.url}api/admin/experiments/groups_check/export.zip`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const files = unzip(Buffer.from(await zip.arrayBuffer()));
  const { rows: events } = csv([...files].find(([path]) => path.endsWith("_description-events_data.csv"))[1]);
  const about = events.filter((event) => event.subject_id);
  assert.ok(about.length > 50, `${about.length} events`);
  for (const event of about) assert.equal(event["condition.regrowth"], level.get(event.subject_id), JSON.stringify(event));
  const { seats: played } = await records(edge);
  const ofGame = new Map(played.map((seat) => [seat.game_id, level.get(seat.subject_id)]));
  const everybody = events.filter((event) => !event.subject_id);
  assert.ok(everybody.length > 0, "games have events of their own");
  for (const event of everybody) assert.equal(event["condition.regrowth"], ofGame.get(event.game_id), JSON.stringify(event));
});

test("groups from which people drop out do not count: the levels of those that were completed are balanced", async () => {
  const levels = [];
  for (const drops of [true, false, false, true, false, false]) {
    const people = await comers("groups_check", 3);
    await Promise.all(people.map((person) => person.match("game")));
    for (const person of people) {
      await person.sit(digest);
      person.live();
    }
    await people[0].socket.inbox.next("d", 60_000);
    if (drops) people[0].socket.cut();
    const staying = drops ? people.slice(1) : people;
    await Promise.all(staying.map((person) => person.socket.ended));
    for (const person of staying) assert.equal(await person.leave("game"), 303);
    if (!drops) levels.push(await levelOf(people[0], "game"));
    else for (const person of staying) assert.match((await person.page()).html, /data-ending="partner_left"/);
  }
  const fast = levels.filter((level) => level === "fast").length;
  assert.equal(levels.length, 4);
  assert.equal(fast, 2, `${levels}`);
});

test("a group whose member does not come is made again, and nobody keeps a level of a game that was not", async () => {
  const people = await comers("groups_check", 3);
  await Promise.all(people.map((person) => person.match("game")));
  // The first one never comes to the room.
  const [, ...rest] = people;
  for (const person of rest) {
    await person.sit(digest);
    person.live();
  }
  for (const person of rest) await person.socket.ended;
  for (const person of rest) assert.doesNotMatch((await person.page()).html, /data-scene="between"/);
  const [other] = await comers("groups_check", 1);
  await Promise.all([...rest, other].map((person) => play(person, "game", "between")));
  const levels = await Promise.all([...rest, other].map((person) => levelOf(person, "game")));
  assert.equal(new Set(levels).size, 1);
});

test("people of one session play together, and everybody in it has one level", async () => {
  const [first, tuesday] = await Promise.all([
    comers("sessions_check", 3, "?session=monday"),
    comers("sessions_check", 3, "?session=tuesday"),
  ]);
  await Promise.all([...first, ...tuesday].map((person) => play(person, "game", "end")));
  // Three people of two sessions are no group.
  const [late, more] = [await comers("sessions_check", 1, "?session=monday"), await comers("sessions_check", 2, "?session=tuesday")];
  const waiting = await Promise.all([...late, ...more].map((person) => person.lobby("game")));
  await Promise.all(waiting.map((socket) => socket.inbox.next("w")));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  for (const socket of waiting) {
    assert.ok(!socket.inbox.all.some((message) => "m" in message), "nobody is matched");
    await socket.close();
  }
  const again = await comers("sessions_check", 3, "?session=monday");
  await Promise.all(again.map((person) => play(person, "game", "end")));
  const of = async (people) => new Set(await Promise.all(people.map((person) => levelOf(person, "game"))));
  const [one, other] = [await of([...first, ...again]), await of(tuesday)];
  assert.deepEqual([one.size, other.size], [1, 1]);
  assert.notDeepEqual(one, other, "the second session gets the other level");
});
