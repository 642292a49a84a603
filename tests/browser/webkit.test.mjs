// WebKit takes part: it comes to the same bits as every other machine, plays each execution, and walks a whole study.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as chromium from "./chromium.mjs";
import { assertSame, isOver, isThere, moment, shown, train } from "./moment.mjs";
import { STUDY as ROLLBACK, gameOf, restless, same } from "./rollback.mjs";
import { STUDY, at, go, walk } from "./walk.mjs";
import * as webkit from "./webkit.mjs";
import { browser, edge } from "./world.mjs";

const skip = !process.env.WEBKIT_DRIVER_BIN && "no WebKit";
const subjectOf = async (page) => new URL(await page.url()).pathname.split("/").at(-1);

/** A window of its own for a test. */
async function person(t) {
  const { page, close } = await webkit.launch();
  t.after(close);
  return page;
}

/** Opens a study as a new participant and presses the button of its first page. */
async function begin(page, experiment) {
  await page.goto(`${edge.url}x/${experiment}`);
  await page.locator("section[data-kind=start] button[type=submit]").click();
  await page.locator("section[data-kind=game]").waitFor();
}

test("the goldens hold in WebKit", { skip }, async (t) => {
  const page = await person(t);
  await page.goto(edge.url);
  const agent = await page.evaluate(() => navigator.userAgent);
  assert.ok(/AppleWebKit/.test(agent) && !/Chrom/.test(agent), agent);
  const found = await page.evaluate(async (module) => {
    const client = await import(module);
    await client.default();
    return Object.fromEntries(client.environment_ids().map((id) => [id, client.golden(id)]));
  }, `${edge.url}simulating/client.js`);
  // The test lab has an environment of its own.
  delete found["models-v0"];
  assert.deepEqual(found, JSON.parse(readFileSync(new URL("../../env-sdk/environments/goldens.json", import.meta.url))));
});

for (const [execution, experiment] of [
  ["on the server", "slime_human_ai"],
  ["in the browser alone", "slime_alone"],
]) {
  test(`WebKit plays a game that runs ${execution}`, { skip }, async (t) => {
    const page = await person(t);
    await begin(page, experiment);
    await page.waitForFunction(() => document.body.dataset.state === "running", null, { timeout: 90_000 });
    const typing = restless([page]);
    await page.waitForFunction(() => window.footlights.tick >= 100 && window.footlights.painted > 40, null, { timeout: 60_000 });
    typing();
    const { count } = await chromium.find(page, [240, 110, 70]);
    assert.ok(count > 300, `${count} pixels of the slime`);
    assert.match(await page.locator("#link .ms").innerText(), /\d+ ms/);
  });
}

test("WebKit and Chromium play one game that both simulate, and both files say the same", { skip }, async (t) => {
  const [page, other] = await Promise.all([person(t), chromium.person(browser)]);
  await Promise.all([begin(page, ROLLBACK), chromium.begin(other, edge.url, ROLLBACK)]);
  const subjects = [await subjectOf(page), new URL(other.url()).pathname.split("/").at(-1)];
  const typing = restless([page, other]);
  await Promise.all([
    page.locator("section[data-kind=end]").waitFor({ timeout: 120_000 }),
    other.locator("section[data-kind=end]").waitFor({ timeout: 120_000 }),
  ]);
  typing();
  for (const { rows } of await same(edge, subjects)) {
    assert.ok(new Set(rows.map((row) => row.keys_held)).size > 2, "keys are in the data");
  }
  const { game, events } = await gameOf(edge, subjects[0]);
  assert.equal(game.outcome, "completed");
  assert.deepEqual(events.filter((row) => row.kind === "desync"), []);
  await other.context().close();
});

test("WebKit walks the whole study with a stranger in Chromium, and gets its code", { skip }, async (t) => {
  const [page, other] = await Promise.all([person(t), chromium.person(browser)]);
  await Promise.all([page.goto(`${edge.url}x/${STUDY}`), other.goto(`${edge.url}x/${STUDY}`)]);
  await Promise.all([walk(page, "end"), walk(other, "end")]);
  await page.locator("[data-saved=true] #code").waitFor({ timeout: 60_000 });
  assert.equal(await page.locator("#code").innerText(), "SLIME-DONE");
  await other.context().close();
});

test("WebKit reads a study from right to left", { skip }, async (t) => {
  const page = await person(t);
  await page.goto(`${edge.url}x/languages_check?lang=he`);
  await at(page, "consent");
  const direction = await page.evaluate(() => getComputedStyle(document.body).direction);
  assert.equal(direction, "rtl");
  await go(page);
  await at(page, "screening");
});

test("WebKit watches an agent and comes to what Chromium shows, and follows a training", { skip }, async (t) => {
  const [page, other] = await Promise.all([person(t), chromium.person(browser)]);
  await Promise.all([page.goto(moment()), other.goto(moment())]);
  await Promise.all([page.waitForFunction(isThere), other.waitForFunction(isThere)]);
  assertSame(await page.evaluate(shown), await other.evaluate(shown));
  await page.goto(`${edge.url}train?run=webkit`);
  await page.waitForFunction(() => document.body.innerText.includes("Connected."));
  t.after(await train("webkit"));
  await page.waitForFunction(isOver, null, { timeout: 60_000 });
  await other.context().close();
});
