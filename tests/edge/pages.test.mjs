// What pages say and give: text in Markdown, a consent to keep, a debriefing, and the withdrawal of one's data.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { records, settled } from "./data.mjs";
import { Participant } from "./participant.mjs";

let edge;

before(async () => {
  edge = await startEdge({ quiet: true });
});
after(() => edge.stop());

const NAME = '*Ann* <b>&';
const get = (person, path) => fetch(new URL(`${person.base}${path}`, edge.url), { headers: { cookie: person.cookie }, redirect: "manual" });
const post = (person, path) =>
  fetch(new URL(`${person.base}${path}`, edge.url), { method: "POST", headers: { cookie: person.cookie }, redirect: "manual" });

/** Comes to the last page. */
async function walked() {
  const person = await new Participant(edge.url).enter("pages_check");
  assert.equal(await person.leave("consent"), 303);
  assert.equal(await person.leave("you", [["first_name", NAME]]), 303);
  return person;
}

test("Markdown is shown as what it means, and what a participant wrote as what it is", async () => {
  const person = await new Participant(edge.url).enter("pages_check");
  const { html: consent } = await person.page();
  assert.match(consent, /<ol>\s*<li><strong>keys<\/strong> are recorded,<\/li>/);
  assert.match(consent, /<a href="https:\/\/lab.example\/rules" target="_blank" rel="noopener noreferrer">Rules<\/a>/);
  await person.leave("consent");
  await person.leave("you", [["first_name", NAME]]);
  const { html } = await person.page();
  const shown = "*Ann* &lt;b&gt;&amp;";
  assert.ok(html.includes(`<h2>Hello ${shown}</h2>`), html);
  assert.ok(html.includes(`<td><em>${shown}</em></td>`), html);
  assert.match(html, /<img src="\/assets\/hill.svg" alt="A hill"/);
  assert.equal((html.match(/<h1>/g) ?? []).length, 1);
});

test("a consent can be kept as a file, before and after it is given, and no other page", async () => {
  const person = await new Participant(edge.url).enter("pages_check");
  const { html } = await person.page();
  assert.match(html, new RegExp(`href="${person.base}/copy/consent"`));
  for (const _ of ["before", "after"]) {
    const copy = await get(person, "/copy/consent");
    assert.equal(copy.status, 200);
    assert.equal(copy.headers.get("content-disposition"), 'attachment; filename="pages_check-consent.html"');
    const text = await copy.text();
    assert.match(text, /<strong>keys<\/strong>[^]*I agree/);
    assert.doesNotMatch(text, /<form|<script/);
    await person.leave("consent");
  }
  assert.equal((await get(person, "/copy/rules")).status, 404);
  assert.equal((await get(person, "/copy/nothing")).status, 404);
});

test("everybody reads the debriefing, and who withdraws keeps the code and leaves no data", async () => {
  const person = await walked();
  assert.equal((await post(person, "/withdraw")).status, 303, "only the last page has the button");
  assert.equal(await person.leave("rules"), 303);
  const { html } = await person.complete();
  assert.match(html, /The study was about <strong>\*Ann\* &lt;b&gt;&amp;<\/strong>/);
  assert.match(html, new RegExp(`<form method="post" action="${person.base}/withdraw">`));
  await settled(edge, ({ participants }) => participants.some((row) => row.subject_id === person.subject));
  const gone = await post(person, "/withdraw");
  assert.equal(gone.status, 200);
  const said = await gone.text();
  assert.match(said, /Your data were deleted[^]*DONE/);
  const all = await records(edge);
  for (const [table, rows] of Object.entries(all)) {
    assert.deepEqual(rows.filter((row) => row.subject_id === person.subject), [], table);
  }
  const bucket = await edge.mf.getR2Bucket("DATA");
  const { objects } = await bucket.list();
  assert.deepEqual(objects.filter(({ key }) => key.includes(person.subject)), []);
  assert.equal((await get(person, "")).status, 410);
  assert.equal((await post(person, "/withdraw")).status, 410);
});

test("a study without a withdrawal has none", async () => {
  const person = await new Participant(edge.url).enter("screened_check");
  assert.equal((await post(person, "/withdraw")).status, 404);
});

test("the time of a page is over for who answers late, and for who closed it", async () => {
  const person = await new Participant(edge.url).enter("timed_check");
  assert.equal(await person.leave("start"), 303);
  const left = Number((await person.page()).html.match(/data-time-left="(\d+)"/)[1]);
  assert.ok(left > 1_500 && left <= 3_000, `${left} ms`);
  const up = ["footlights.time_up", "true"];
  assert.equal(await person.leave("offer", [["coins", "7"]]), 422, "an answer is missing");
  await new Promise((resolve) => setTimeout(resolve, left));
  assert.equal(await person.leave("offer", [["coins", "7"], ["why", "far too long"], up]), 303);
  assert.equal(await person.scene(), "read");
  // The page is closed here: the study goes on without it.
  const found = await settled(
    edge,
    ({ sessions }) => sessions.some((row) => row.subject_id === person.subject && row.status === "ended"),
    30_000,
  );
  assert.equal(found.sessions.find((row) => row.subject_id === person.subject).ending, "left");
  const events = found.events.filter((row) => row.subject_id === person.subject && row.kind === "time_up");
  assert.deepEqual(events.map((row) => row.scene_id), ["offer", "read"]);
  const answers = found.answers.filter((row) => row.subject_id === person.subject);
  assert.deepEqual(answers.filter((row) => row.answer !== null).map((row) => [row.question_id, row.answer]), [["coins", "7"]]);
  assert.match((await person.complete()).html, /IDLE/);
});

test("who closed a page goes on while nothing can be written for analysts, and it is written later", async () => {
  const person = await new Participant(edge.url).enter("timed_check");
  assert.equal(await person.leave("start"), 303);
  const db = await edge.mf.getD1Database("DB");
  await db.exec("ALTER TABLE sessions RENAME TO sessions_elsewhere");
  assert.equal(await person.leave("offer", [["coins", "7"], ["why", "so"]]), 303);
  assert.equal(await person.scene(), "read");
  const until = Date.now() + 40_000;
  while ((await person.scene()) === "read") {
    assert.ok(Date.now() < until, "the page still waits for who closed it");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.ok(!(await records(edge).catch(() => undefined)), "there is no table to write to");
  await db.exec("ALTER TABLE sessions_elsewhere RENAME TO sessions");
  await settled(edge, ({ sessions }) => sessions.some((row) => row.subject_id === person.subject && row.ending === "left"), 30_000);
});
