// Who comes in by which address, who they are when they come again, and where they are sent at the end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { settled } from "./data.mjs";
import { Participant } from "./participant.mjs";

const TOKEN = "a-token-for-the-tests-of-this-edge";
const STUDY = "answers_check";
let edge;

before(async () => {
  edge = await startEdge({ quiet: true, vars: { FOOTLIGHTS_ADMIN_TOKEN: TOKEN } });
});
after(() => edge.stop());

const enter = (query) => new Participant(edge.url).enter(STUDY, query);
const get = (path, headers = {}) => fetch(new URL(path, edge.url), { redirect: "manual", headers });

/** Answers every page, to the last one. */
async function answerAll(person) {
  const steps = [
    ["start", []],
    ["options", [["one", "Yes "], ["some", " a"], ["some", "b\r\nc"]]],
    ["slider", [["agree", "50"]]],
    ["texts", [["mood", "well"], ["days", "Monday"], ["days", "Friday"], ["line", "=1+1"]]],
    ["numbers", [["age", "34"], ["height", "1,85"]]],
  ];
  for (const [scene, fields] of steps) assert.equal(await person.leave(scene, fields), 303, scene);
  const saved = await fetch(new URL(`${person.base}/complete`, edge.url), { method: "POST", headers: { cookie: person.cookie } });
  return saved.text();
}

test("every recruiter's person is the same participant each time, and another person is another one", async () => {
  for (const [one, other] of [
    ["PROLIFIC_PID=P1", "PROLIFIC_PID=P2"],
    ["prolific_pid=P1", "prolific_pid=P2"],
    ["workerId=W1&assignmentId=A&hitId=H", "workerId=W2&assignmentId=A&hitId=H"],
    ["participantId=C1&assignmentId=A&projectId=J", "participantId=C2&assignmentId=A&projectId=J"],
    ["sona_id=4711", "sona_id=4712"],
    ["id=4711", "id=4712"],
    ["aid=1", "aid=2"],
    ["PROLIFIC_PID=P1&wave=1", "PROLIFIC_PID=P1&wave=2"],
  ]) {
    const [first, again, else_] = await Promise.all([one, one, other].map((query) => enter(`?${query}`)));
    assert.equal(first.subject, again.subject, one);
    assert.notEqual(first.subject, else_.subject, one);
  }
  const people = await Promise.all(["P1", "P1%20", "%20P1", "P1%0D%0A", "P1+"].map((id) => enter(`?PROLIFIC_PID=${id}`)));
  assert.equal(new Set(people.map((person) => person.subject)).size, 1, "blanks around an id are not part of it");
});

test("an address that says nothing that can be is refused in words", async () => {
  for (const [query, words] of [
    ["PROLIFIC_PID={{%25PROLIFIC_PID%25}}", /PROLIFIC_PID is/],
    ["PROLIFIC_PID=a&STUDY_ID=%3D1%2B1", /STUDY_ID is/],
    ["PROLIFIC_PID=a&PROLIFIC_PID=b", /two different values of PROLIFIC_PID/],
    [`wave=${"a".repeat(201)}`, /wave has 201 characters, and 200 are the most/],
  ]) {
    const refused = await get(`/x/${STUDY}?${query}`);
    assert.equal(refused.status, 400, query);
    assert.match(await refused.text(), words);
    for (const header of ["content-security-policy", "x-content-type-options", "referrer-policy"]) {
      assert.ok(refused.headers.get(header), header);
    }
    assert.match(refused.headers.get("content-security-policy"), /frame-ancestors 'self'/);
  }
});

test("who looks at a task reads the first page and cannot begin", async () => {
  for (const query of [
    "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=H&turkSubmitTo=https://www.mturk.com",
    "workerId=W&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=H",
  ]) {
    const preview = await get(`/x/${STUDY}?${query}`);
    const page = await preview.text();
    assert.equal(preview.status, 200);
    assert.match(page, /This is a preview/);
    assert.doesNotMatch(page, /<form|<button/);
    assert.equal(preview.headers.get("set-cookie"), null);
    assert.match(preview.headers.get("content-security-policy"), /frame-ancestors \*/);
  }
});

test("credit is given to the person, and every answer is stored as it was meant", async () => {
  const person = await enter("?survey_code=4711");
  const page = await answerAll(person);
  const to = page.match(/href="([^"]+)" data-redirect/)[1].replaceAll("&amp;", "&");
  assert.equal(to, "https://uni.example/credit?experiment_id=1&survey_code=4711&person=&age=34&cc=DONE");
  const { answers } = await settled(edge, ({ answers }) => answers.some((row) => row.subject_id === person.subject && row.question_id === "height"));
  const mine = answers.filter((row) => row.subject_id === person.subject);
  const given = Object.fromEntries(mine.map((row) => [row.question_id, row.answer]));
  assert.deepEqual(given, {
    one: "Yes", some: '["a","b c"]', agree: "50", mood: "well", days: '["Monday","Friday"]', line: "=1+1", age: "34", height: "1.85",
  });
});

test("a second session is in the data, and who was at the end does not get the code twice", async () => {
  const first = await enter("?PROLIFIC_PID=twice&STUDY_ID=A&SESSION_ID=1");
  assert.match(await answerAll(first), /DONE/);
  const second = await enter("?PROLIFIC_PID=twice&STUDY_ID=B&SESSION_ID=2");
  assert.equal(second.subject, first.subject);
  const { status, html } = await second.page();
  assert.equal(status, 409);
  assert.match(html, /You have taken part already/);
  assert.doesNotMatch(html, /DONE/);
  assert.match((await first.page()).html, /data-kind="end"/, "the first session still sees its end");
  await settled(edge, ({ sessions }) => sessions.some((row) => row.subject_id === first.subject));
  const db = await edge.mf.getD1Database("DB");
  const until = Date.now() + 10_000;
  for (;;) {
    const row = await db.prepare("SELECT external, visits FROM identifiers WHERE subject_id = ?").bind(first.subject).first();
    if (row?.visits !== "[]") {
      assert.deepEqual(JSON.parse(row.external), { PROLIFIC_PID: "twice", STUDY_ID: "A", SESSION_ID: "1" });
      assert.deepEqual(JSON.parse(row.visits), [{ PROLIFIC_PID: "twice", STUDY_ID: "B", SESSION_ID: "2" }]);
      break;
    }
    assert.ok(Date.now() < until, "the second session is written");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test("a pilot is reset, and a person who was deleted by mistake can begin again", async () => {
  const admin = (method, path) =>
    fetch(new URL(`/api/admin/experiments/${STUDY}/participants/${path}`, edge.url), { method, headers: { authorization: `Bearer ${TOKEN}` } });
  const person = await enter("?PROLIFIC_PID=pilot");
  assert.equal(await person.leave("start"), 303);
  assert.equal((await admin("DELETE", person.subject)).status, 200);
  assert.equal((await person.page()).status, 410);
  const readmitted = await admin("POST", `${person.subject}/readmit`);
  assert.equal(readmitted.status, 200);
  assert.equal((await readmitted.json()).deleted.may_begin_again, true);
  const again = await enter("?PROLIFIC_PID=pilot");
  assert.equal(again.subject, person.subject);
  assert.equal(await again.scene(), "start");
  assert.match(await answerAll(again), /DONE/);
  assert.equal((await fetch(new URL(`/api/admin/experiments/${STUDY}/participants/${person.subject}/readmit`, edge.url), { method: "POST" })).status, 401);
});

test("a browser without scripts comes to an ending and a code", async () => {
  const person = await new Participant(edge.url).enter("pair_check");
  await person.leave("start");
  assert.match((await person.page()).html, /<noscript>.*name="no_script"/s);
  assert.equal(await person.leave("game", [["no_script", "true"]]), 303);
  const saved = await fetch(new URL(`${person.base}/complete`, edge.url), { method: "POST", headers: { cookie: person.cookie } });
  assert.match(await saved.text(), /SCREENED/);
  const other = await new Participant(edge.url).enter("screened_check");
  await other.leave("start");
  assert.equal(await other.leave("screening", [["no_script", "true"]]), 303);
  assert.match((await other.page()).html, /data-ending="screened_out".*does not work without JavaScript/s);
});

test("who closes the page of a waiting room gets the ending and the code all the same", { timeout: 120_000 }, async () => {
  const person = await new Participant(edge.url).enter("pair_check");
  await person.leave("start");
  const lobby = await person.lobby("game");
  await lobby.inbox.next("w");
  await lobby.close();
  // The wait is eight seconds, and the participant's own object ends it a minute later.
  const { sessions } = await settled(edge, ({ sessions }) => sessions.some((row) => row.subject_id === person.subject && row.ending), 90_000);
  assert.equal(sessions.find((row) => row.subject_id === person.subject).ending, "lobby_timeout");
  const saved = await fetch(new URL(`${person.base}/complete`, edge.url), { method: "POST", headers: { cookie: person.cookie } });
  assert.match(await saved.text(), /WAITED/);
});
