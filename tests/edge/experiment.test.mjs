// A participant's way through the scenes of whole studies, at the real edge: pages, answers, screening, checks, arms,
// tabs, codes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { settled } from "./data.mjs";
import { Participant } from "./participant.mjs";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const DEVICE = [["window_width", "1280"], ["window_height", "800"], ["ping_ms", "31.5"], ["touch", "false"]];
const RIGHT = [["goal", "When the ball touches the ground on my side"], ["jump", "Up arrow"]];
const STRANGER = "slime_with_a_stranger";

let edge;
before(async () => (edge = await startEdge({ quiet: true })));
after(() => edge.stop());

const enter = (study, query) => new Participant(edge.url).enter(study, query);

async function screened(query) {
  const person = await enter(STRANGER, query);
  assert.equal(await person.leave("consent"), 303);
  const { status } = await person.send("screening", DEVICE, { "user-agent": CHROME });
  assert.equal(status, 303);
  assert.equal(await person.leave("instructions"), 303);
  return person;
}

test("nothing is recorded before consent, and identifiers stay apart from the start", async () => {
  const person = await enter(STRANGER, "?PROLIFIC_PID=secretid1&STUDY_ID=s&SESSION_ID=t");
  await person.page();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const before = await settled(edge, () => true);
  assert.ok(before.participants.every((row) => row.subject_id !== person.subject));
  await person.leave("consent");
  const { participants, sessions } = await settled(edge, ({ participants }) =>
    participants.some((row) => row.subject_id === person.subject),
  );
  assert.ok(!JSON.stringify([participants, sessions]).includes("secretid1"));
});

test("who is screened out gets the reason and the code for it", async () => {
  const person = await enter(STRANGER);
  await person.leave("consent");
  const phone = { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1" };
  assert.equal((await person.send("screening", DEVICE, phone)).status, 303);
  const { status, html } = await person.complete();
  assert.equal(status, 200);
  assert.match(html, /does not work on this kind of device/);
  assert.match(html, /SLIME-DEVICE/);
  const { answers } = await settled(edge, ({ answers }) =>
    answers.some((row) => row.subject_id === person.subject && row.question_id === "verdict"),
  );
  const mine = Object.fromEntries(
    answers.filter((row) => row.subject_id === person.subject).map((row) => [row.question_id, row.answer]),
  );
  assert.deepEqual([mine.device, mine.verdict, mine.ping_ms], ["phone", "device", "31.5"]);
});

test("a check that is failed is shown again, and the third failure ends the study", async () => {
  const person = await screened();
  const unanswered = await person.send("comprehension", [RIGHT[0]]);
  assert.equal(unanswered.status, 422);
  assert.match(unanswered.html, /Please answer this question/);
  const wrong = [RIGHT[0], ["jump", "Space"]];
  const again = await person.send("comprehension", wrong);
  assert.equal(again.status, 422);
  assert.match(again.html, /not right/);
  assert.match(again.html, /2 more times/);
  assert.match(again.html, /value="Space"[^>]* checked/, "what was chosen is still chosen");
  assert.equal((await person.send("comprehension", wrong)).status, 422);
  assert.equal((await person.send("comprehension", wrong)).status, 303);
  assert.match((await person.complete()).html, /SLIME-CHECK/);
});

test("a page that does not hold what it must is refused in words, and other fields are ignored", async () => {
  const person = await screened();
  // Read to its end before it is refused: an answer before that may reach the sender as a broken connection.
  const sizes = [270_000, 300_000, 2_000_000, 6_000_000];
  const long = await Promise.all(sizes.map((size) => person.send("comprehension", [["goal", "x".repeat(size)]])));
  assert.deepEqual(long.map(({ status }) => status), [400, 400, 400, 400]);
  const empty = await fetch(`${person.url}${person.base}/scenes/comprehension`, { method: "POST", headers: { cookie: person.cookie } });
  assert.equal(empty.status, 422, "nothing was answered");
  const foreign = await person.send("comprehension", [...RIGHT, ["admin", "true"]]);
  assert.equal(foreign.status, 303);
  assert.equal(await person.scene(), "practice");
  assert.equal(await person.leave("survey"), 409, "nobody skips ahead");
  assert.equal(await person.leave("comprehension", RIGHT), 409, "nor answers twice");
});

test("the code is not shown before the last page", async () => {
  const person = await screened();
  assert.equal((await person.complete()).status, 303);
  const { html } = await person.page();
  assert.ok(!html.includes("SLIME-"));
});

test("a lobby and a tab are sockets: anything else takes no place in them", async () => {
  const person = await enter("slime_human_human");
  await person.leave("start");
  for (const path of ["lobby/game", "tab?tab=x"]) {
    const response = await fetch(`${person.url}${person.base}/${path}`, { headers: { cookie: person.cookie } });
    assert.equal(response.status, 400, path);
  }
  const lobby = await person.lobby("game");
  assert.deepEqual((await lobby.inbox.next("w")).slice(0, 2), [1, 2], "nobody but the one with the socket");
  await lobby.close();
});

test("a second tab is refused, may take over, and the first one gets it back", async () => {
  const person = await screened();
  const first = await person.tab("one");
  assert.equal(await first.inbox.next("any"), "h");
  const second = await person.tab("two");
  assert.equal(await second.inbox.next("any"), "e");
  second.send("t");
  assert.equal(await second.inbox.next("any"), "h");
  assert.equal(await first.inbox.next("any"), "e");
  await second.close();
  assert.equal(await first.inbox.next("any"), "f", "it may be a reload");
  first.send("f");
  assert.equal(await first.inbox.next("any"), "h");
  const reloaded = await person.tab("one");
  assert.equal(await reloaded.inbox.next("any"), "h");
  assert.equal((await first.ended).code, 4006);
});

test("arms are balanced however many come at once, and a reload keeps what was drawn", async () => {
  const people = await Promise.all(Array.from({ length: 40 }, () => enter("mountain_car_conditions", "?cohort=a")));
  await Promise.all(people.map((person) => person.leave("consent")));
  const scenes = await Promise.all(people.map((person) => person.scene()));
  assert.deepEqual(
    [...new Set(scenes)].sort().map((scene) => scenes.filter((other) => other === scene).length),
    [20, 20],
  );
  await Promise.all(people.map((person, k) => person.leave(scenes[k])));
  const games = await Promise.all(people.map((person) => person.scene()));
  const cells = people.map((_, k) => `${scenes[k]} ${games[k]}`);
  assert.deepEqual(
    [...new Set(cells)].map((cell) => cells.filter((other) => other === cell).length),
    [10, 10, 10, 10],
  );
  assert.deepEqual(await Promise.all(people.map((person) => person.scene())), games);
});
