// In which language a person reads a study, and that the data are the same in all of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { settled } from "./data.mjs";
import { Participant } from "./participant.mjs";

const GERMAN = JSON.parse(readFileSync(new URL("../../room/experiment/src/language/de.json", import.meta.url), "utf8"));
const TOKEN = "a-token-for-the-tests-of-this-edge";
const STUDY = "languages_check";
let edge;

before(async () => {
  edge = await startEdge({ quiet: true, vars: { FOOTLIGHTS_ADMIN_TOKEN: TOKEN } });
});
after(() => edge.stop());

const page = async (person, query = "") => {
  const answer = await fetch(new URL(`${person.base}${query}`, edge.url), { headers: { cookie: person.cookie } });
  return answer.text();
};
const enter = (query, headers) => new Participant(edge.url).enter(STUDY, query, headers);
const SCREENED = [["window_width", "1000"], ["window_height", "800"], ["ping_ms", "38.125"], ["touch", "false"], ["socket", "true"]];

test("the link asks for a language, or else the browser, and what is in neither is in the study's own", async () => {
  for (const [query, accepts, language, direction, words] of [
    ["?lang=de", "he", "de", "ltr", "Willkommen"],
    ["?lang=de-AT", "", "de", "ltr", "Willkommen"],
    ["", "he-IL,he;q=0.9,en;q=0.8", "he", "rtl", "ברוכים הבאים"],
    ["", "sv, de;q=0.4, en;q=0.3", "de", "ltr", "Willkommen"],
    ["", "sv", "en", "ltr", "Welcome"],
    ["?lang=xx", "", "en", "ltr", "Welcome"],
    ["?lang=%3Cscript%3E", ";;q=,,", "en", "ltr", "Welcome"],
    ["?lang=ar", "", "ar", "rtl", "Welcome"],
  ]) {
    const html = await page(await enter(query, { "accept-language": accepts }));
    assert.match(html, new RegExp(`<html lang="${language}" dir="${direction}">`), `${query} ${accepts}`);
    assert.ok(html.includes(words), `${query} ${accepts}`);
  }
});

test("a study in one language is in that language whatever a browser asks for", async () => {
  const person = await new Participant(edge.url).enter("screened_check", "?lang=he", { "accept-language": "de" });
  const html = await page(person);
  assert.match(html, /<html lang="en" dir="ltr">/);
  assert.doesNotMatch(html, /id="words"|class="languages"/, "nothing more is sent");
});

test("what is wrong is said in the language, numbers have its sign, and the data are those of every language", async () => {
  const person = await enter("?lang=de");
  assert.equal(await person.leave("consent", []), 303);
  assert.equal(await person.leave("screening", SCREENED), 303, "a program's number has a point in every language");
  assert.equal(await person.leave("instructions", []), 303);
  const wrong = await person.send("check", [["point", "no"]]);
  assert.equal(wrong.status, 422);
  const { html } = wrong;
  assert.match(html, new RegExp(GERMAN["This answer is not right. Please read the instructions again."]));
  assert.ok(html.includes(GERMAN["You can send this page {n} more times. [other]"].replace("{n}", "2")));
  assert.match(html, /value="no"[^>]*checked[^>]*>\s*<span>Nein/);
  assert.doesNotMatch(html.replace(/<script id="words"[^]*?<\/script>/, ""), /Please|more time/);
  assert.equal(await person.leave("check", [["point", "yes"]]), 303);
});

test("a page about a problem is in the language of who reads it", async () => {
  const headers = { "accept-language": "de" };
  const stranger = await fetch(new URL(`/x/${STUDY}/0123456789abcdef`, edge.url), { headers });
  assert.equal(stranger.status, 403);
  const html = await stranger.text();
  assert.match(html, /<html lang="de" dir="ltr">/);
  assert.match(html, /<p class="detail" lang="en" dir="ltr">/);
  assert.doesNotMatch(html, /This link is not yours/);
  const elsewhere = await fetch(new URL("/x/no_such_study", edge.url), { headers });
  assert.match(await elsewhere.text(), /<html lang="en"/);
});

test("another language can be chosen before and after the start, and the data have the last one", async () => {
  const person = await enter("?lang=de");
  const links = await page(person);
  for (const [language, name] of [["en", "English"], ["he", "עברית"], ["ja", "日本語"]]) {
    assert.ok(links.includes(`${person.base}?lang=${language}" lang="${language}"`) && links.includes(name), language);
  }
  const chosen = await page(person, "?lang=he");
  assert.match(chosen, /<html lang="he" dir="rtl">/);
  assert.match(chosen, /name="footlights.lang" value="he"/);
  assert.equal(await person.leave("consent", [["footlights.lang", "he"]]), 303);
  assert.match(await page(person), /<html lang="he"/);
  assert.doesNotMatch(await page(person), /class="languages"/, "it is chosen at the start");
  assert.match(await page(person, "?lang=de"), /<html lang="de"/);
  assert.match(await page(person), /<html lang="de"/, "and stays");
  await person.leave("screening", SCREENED);
  const found = await settled(edge, ({ sessions }) =>
    sessions.some((row) => row.subject_id === person.subject && row.scene_id === "instructions"),
  );
  const row = found.sessions.find((row) => row.subject_id === person.subject);
  assert.equal(row.language, "de");
  const participants = await (await edge.mf.getR2Bucket("DATA")).get(`data/${STUDY}/participants/${person.subject}.csv`);
  const [header, values] = (await participants.text()).trimEnd().split("\n").map((line) => line.split(","));
  assert.equal(values[header.indexOf("language")], "de");
});
