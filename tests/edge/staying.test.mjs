// People who leave a game for good, and those who stay: through worker, objects, R2 and D1 in workerd.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { csvOf, environments, records } from "./data.mjs";
import { Participant, Socket } from "./participant.mjs";

const STUDY = "staying_check";
let edge, digest;

before(async () => {
  edge = await startEdge({ quiet: true });
  digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
});
after(() => edge.stop());

/** Two people who were matched, in no seat yet. */
async function matched() {
  const people = await Promise.all([1, 2].map(() => new Participant(edge.url).enter(STUDY)));
  for (const person of people) assert.equal(await person.leave("start"), 303);
  await Promise.all(people.map((person) => person.match("game")));
  return people;
}

/** Two people in a running game; who plays the left slime comes first. */
async function seated() {
  const people = await matched();
  const welcomes = await Promise.all(people.map((person) => person.sit(digest)));
  if (welcomes[0][1] === 1) people.reverse();
  for (const person of people) await person.socket.inbox.next("f");
  return people;
}

async function until(condition, ms) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The metadata file of a participant. */
async function metadata(person) {
  const bucket = await edge.mf.getR2Bucket("DATA");
  const object = await bucket.get(`data/${STUDY}/game/${person.subject}_metadata.json`);
  return JSON.parse(await object.text());
}

test("a partner closes the tab: a policy plays on, both go on, and the data say who left", async () => {
  const [leaver, stayer] = await seated();
  leaver.live();
  stayer.live();
  await new Promise((resolve) => setTimeout(resolve, 700));
  leaver.socket.cut();

  // After the grace time who left may go on, and not back, while the others' game is not over.
  await until(async () => (await leaver.leave("game")) === 303, 15_000);
  assert.ok(!stayer.socket.inbox.all.some((message) => message.e), "the game goes on");
  assert.equal(await leaver.scene(), "end");
  const late = await Socket.open(leaver.sockets + leaver.room);
  assert.deepEqual((await late.inbox.next("e")).slice(0, 2), ["left", true]);
  assert.equal((await late.ended).code, 4007);

  const first = await stayer.socket.inbox.next("e", 60_000);
  assert.equal(first[0], "completed");
  assert.equal((await stayer.socket.ended).code, 4007);
  assert.equal(await stayer.leave("game"), 303);

  const { games, seats, events } = await records(edge);
  const seat = (person) => seats.find((row) => row.subject_id === person.subject);
  const { game_id } = seat(stayer);
  assert.equal(games.find((row) => row.game_id === game_id).outcome, "completed");
  assert.deepEqual([seat(leaver), seat(stayer)].map((row) => row.outcome), ["left", "completed"]);
  const kinds = events.filter((row) => row.game_id === game_id).map((row) => row.kind);
  for (const kind of ["lost", "paused", "left", "taken_over", "resumed", "finished"]) {
    assert.ok(kinds.includes(kind), `${kind} of ${kinds}`);
  }

  const { rows } = await csvOf(edge, STUDY, "game", stayer.subject);
  const said = { leaver: await metadata(leaver), stayer: await metadata(stayer) };
  assert.deepEqual([said.leaver.outcome, said.leaver.game_outcome], ["left", "completed"]);
  assert.deepEqual([said.leaver.partial, said.leaver.partial_reason], [true, "left"]);
  assert.deepEqual([said.stayer.outcome, said.stayer.partial, said.stayer.partial_tick], ["completed", false, null]);
  const last = said.leaver.partial_tick;
  assert.ok(last > 0 && last < rows.length, `left after tick ${last} of ${rows.length}`);
  const left = `player_${said.leaver.agent.at(-1)}`;
  for (const row of rows) {
    const replaced = Number(row.tick) > last;
    assert.equal(row[`seats.${left}`], replaced ? "random" : "human");
    assert.equal(row[`action_source.${left}`] === "policy", replaced, `tick ${row.tick}`);
  }
  // The hook's column counts up within an episode, and ends at the episode's metric.
  const sides = (episode) => rows.filter((row) => row.episode === String(episode)).map((row) => Number(row["hooks.side_changes"]));
  assert.equal(said.stayer.episodes.length, 3);
  for (const { episode, metrics } of said.stayer.episodes) {
    const counted = sides(episode);
    assert.ok(counted.every((value, k) => k === 0 || value === counted[k - 1] || value === counted[k - 1] + 1));
    assert.equal(counted.at(-1), metrics.side_changes);
  }
});

test("who looks away for too long is warned, excluded and let go, and the other plays on", async () => {
  const [away, stayer] = await seated();
  stayer.live();
  const signs = setInterval(() => away.ping(false), 500);
  away.ping(false);
  assert.deepEqual(await away.socket.inbox.next("n"), ["Please come back to the game."]);
  assert.deepEqual(await away.socket.inbox.next("n"), ["You were away from the game for too long."]);
  assert.deepEqual((await away.socket.inbox.next("e")).slice(0, 2), ["excluded", false]);
  assert.deepEqual((await away.socket.inbox.next("e")).slice(0, 2), ["excluded", true]);
  clearInterval(signs);
  assert.equal((await away.socket.ended).code, 4007);
  assert.equal(await away.leave("game"), 303);
  assert.equal((await stayer.socket.inbox.next("e", 60_000))[0], "completed");
  await stayer.socket.ended;
  const { seats } = await records(edge);
  assert.equal(seats.find((row) => row.subject_id === away.subject).outcome, "excluded");
  assert.equal((await metadata(away)).partial_reason, "excluded");
});

test("somebody whose partner never comes goes back to the lobby and is matched again", async () => {
  const [here, absent] = await matched();
  await here.sit(digest);
  here.live();
  assert.deepEqual((await here.socket.inbox.next("e")).slice(0, 2), ["no_show", false]);
  assert.deepEqual((await here.socket.inbox.next("e")).slice(0, 2), ["no_show", true]);
  assert.equal((await here.socket.ended).code, 4007);
  const first = here.room;
  const lobby = await here.lobby("game");
  assert.deepEqual((await lobby.inbox.next("w")).slice(0, 2), [1, 2]);
  assert.equal(await here.leave("game"), 409, "there is nothing to go on from");

  const { games, seats, events } = await records(edge);
  const { game_id, outcome } = seats.find((row) => row.subject_id === here.subject);
  assert.equal(outcome, "no_show");
  assert.equal(games.find((row) => row.game_id === game_id).outcome, "no_show");
  assert.ok(events.some((row) => row.game_id === game_id && row.kind === "joined"));
  await assert.rejects(csvOf(edge, STUDY, "game", here.subject), /no CSV/);

  // The one who did not come may come again, too.
  const [again] = await Promise.all([lobby.inbox.next("m"), absent.match("game")]);
  assert.notEqual(again[0], first);
  assert.equal(again[0].split("?")[0], absent.room.split("?")[0]);
});
