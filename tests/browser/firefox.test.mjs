// Firefox takes part: it comes to the same bits as every other machine, also in a game against Chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { cable } from "./cable.mjs";
import * as chromium from "./chromium.mjs";
import * as firefox from "./firefox.mjs";
import { STUDY, gameOf, restless, same } from "./rollback.mjs";
import { assertSame, isOver, isThere, moment, shown, train } from "./moment.mjs";
import { browser, edge, subject } from "./world.mjs";

const COLORS = { left: [240, 110, 70], right: [80, 170, 250], ball: [255, 221, 87] };
const skip = !process.env.FIREFOX_BIN && "no Firefox";
let fox;

before(async () => {
  if (!skip) fox = await firefox.launch();
});
after(() => fox?.close());

test("the goldens hold in Firefox", { skip }, async () => {
  assert.match(await fox.version(), /firefox/i);
  const page = await firefox.person(fox);
  await page.goto(edge.url);
  const found = await page.evaluate(async (module) => {
    const client = await import(module);
    await client.default();
    return Object.fromEntries(client.environment_ids().map((id) => [id, client.golden(id)]));
  }, `${edge.url}simulating/client.js`);
  // The test lab has an environment of its own.
  delete found["models-v0"];
  assert.deepEqual(found, JSON.parse(readFileSync(new URL("../../env-sdk/environments/goldens.json", import.meta.url))));
  await page.browserContext().close();
});

test("Firefox and Chromium play one game, 50 ms from the edge: both paint it, both act, both files say the same", { skip }, async (t) => {
  const line = await cable(edge.url, { delay: 25 });
  const pages = [await firefox.person(fox), await chromium.person(browser)];
  await Promise.all([firefox.begin(pages[0], line.url, STUDY), chromium.begin(pages[1], line.url, STUDY)]);
  // Both drivers have this function; only the place of the options differs.
  const until = (page, is) => (page === pages[0] ? page.waitForFunction(is, {}) : page.waitForFunction(is));
  await Promise.all(pages.map((page) => until(page, () => window.footlights?.tick >= 20)));
  const subjects = pages.map(subject);
  const typing = restless(pages);
  const ahead = () => window.footlights.present > window.footlights.tick && window.footlights.rollbacks > 0;
  await Promise.all(pages.map((page) => until(page, ahead)));
  await Promise.all(pages.map((page) => until(page, () => window.footlights.tick >= 150)));
  for (const page of pages) {
    for (const [name, color] of Object.entries(COLORS)) {
      const { count } = await chromium.find(page, color);
      assert.ok(count > (name === "ball" ? 20 : 300), `${name}: ${count} pixels`);
    }
  }
  const seen = await Promise.all(pages.map((page) => page.evaluate(() => ({ ...window.footlights }))));
  await Promise.all([
    pages[0].waitForSelector("section[data-kind=end]", { timeout: 60_000 }),
    pages[1].locator("section[data-kind=end]").waitFor({ timeout: 60_000 }),
  ]);
  typing();
  for (const { painted, present, tick, rollbacks } of seen) {
    t.diagnostic(`${painted} pictures, tick ${tick}, ${present - tick} ahead, ${rollbacks} rollbacks`);
    assert.ok(painted > 40, `${painted} pictures in five seconds`);
  }
  for (const { rows } of await same(edge, subjects)) {
    assert.ok(new Set(rows.map((row) => row.keys_held)).size > 2, "keys are in the data");
  }
  const { game, events } = await gameOf(edge, subjects[0]);
  assert.equal(game.outcome, "completed");
  assert.deepEqual(events.filter((row) => row.kind === "desync"), []);
  for (const page of pages) assert.deepEqual(page.problems, []);
  await pages[0].browserContext().close();
  await pages[1].context().close();
  await line.stop();
});

test("Firefox watches an agent and comes to what Chromium shows, and follows a training", { skip }, async (t) => {
  const [page, other] = [await firefox.person(fox), await chromium.person(browser)];
  await Promise.all([page.goto(moment()), other.goto(moment())]);
  await Promise.all([page.waitForFunction(isThere), other.waitForFunction(isThere)]);
  assertSame(await page.evaluate(shown), await other.evaluate(shown));
  await page.goto(`${edge.url}train?run=firefox`);
  await page.waitForFunction(() => document.body.innerText.includes("Connected."));
  t.after(await train("firefox"));
  await page.waitForFunction(isOver, { timeout: 60_000 });
  assert.deepEqual(page.problems, []);
  await Promise.all([page.browserContext().close(), other.context().close()]);
});
