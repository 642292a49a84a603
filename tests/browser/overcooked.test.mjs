// Two people in Chromium cook a soup and deliver it, with the game on the server and in their browsers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, settled } from "../edge/data.mjs";
import { begin, find, person, state } from "./chromium.mjs";
import { browser, edge, subject } from "./world.mjs";

const BLUE_COOK = [59, 125, 216];
const RED_COOK = [217, 83, 79];

const tick = (page) => page.evaluate(() => window.footlights.tick);
const until = (page, wanted) => page.waitForFunction((wanted) => window.footlights.tick >= wanted, wanted);

/**
 * Presses keys one after the other, each for a step of its own, however slow the steps and the way to the room are: two
 * keys that reach the room before one step would be one action.
 */
async function press(page, ...keys) {
  for (const key of keys) {
    const before = await page.evaluate(() => ({ ...window.footlights }));
    await page.keyboard.press(key);
    await page.waitForFunction(({ seq, tick, present, inputDelay }) => {
      const now = window.footlights;
      // The room of a simulated game decides the step that the key was stamped with; the others acknowledge both changes.
      return present === undefined ? now.ack >= seq + 2 && now.tick >= tick + 2 : now.tick >= present + inputDelay + 2;
    }, before);
  }
}

const [UP, DOWN, LEFT, RIGHT, USE] = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Space"];

for (const study of ["overcooked_human_human", "overcooked_rollback"]) {
  test(`two people cook a soup and deliver it: ${study}`, async () => {
    const pages = [await person(browser), await person(browser, { viewport: { width: 360, height: 740 } })];
    const [first, second] = pages;
    await begin(first, edge.url, study);
    await state(first, "lobby");
    // The second one may be past the lobby before anybody can look.
    await begin(second, edge.url, study);
    await Promise.all(pages.map((page) => state(page, "running")));
    // Who came first has the first seat.
    for (const page of pages) {
      const cooks = await Promise.all([BLUE_COOK, RED_COOK].map((color) => find(page, color)));
      assert.ok(cooks.every(({ count }) => count > 60), `both cooks are in the picture: ${JSON.stringify(cooks)}`);
    }

    // The second cook fetches three onions from the right and starts the pot; the first one waits with a dish.
    await press(second, RIGHT, USE, LEFT, UP, USE);
    for (let onions = 1; onions < 3; onions++) await press(second, RIGHT, RIGHT, USE, LEFT, UP, USE);
    await press(second, USE, RIGHT);
    await press(first, DOWN, USE, UP, RIGHT, UP);
    // A soup takes twenty steps, and this one has been on the stove since before the last keys.
    await until(first, (await tick(first)) + 20);
    await press(first, USE, DOWN, RIGHT, DOWN, USE);
    await Promise.all(pages.map((page) => page.locator("#hud").filter({ hasText: /Soups\s*1/ }).waitFor({ timeout: 20_000 })));

    // The minute is over, and the next kitchen waits for the same two.
    await Promise.all(pages.map((page) => page.locator("section[data-scene=asymmetric_advantages]").waitFor({ timeout: 120_000 })));
    await settled(edge, ({ games }) => games.some((row) => row.experiment === study));
    for (const page of pages) {
      const { rows } = await csvOf(edge, study, "cramped_room", subject(page));
      assert.equal(rows.length, 400);
      assert.equal(rows[0].agent, `player_${pages.indexOf(page)}`);
      const sum = (name) => rows.reduce((total, row) => total + Number(row[name] ?? 0), 0);
      assert.deepEqual(["rewards.player_0", "rewards.player_1", "infos.player_0.soup_delivery"].map(sum), [20, 20, 1]);
      assert.equal(sum("infos.player_1.potting_onion"), 3);
      assert.equal(rows.at(-1)["state.deliveries"], "1");
    }
    for (const page of pages) {
      assert.deepEqual(page.problems, []);
      await page.context().close();
    }
  });
}

test("the pictures are loaded while somebody reads, and the game does not ask for them again", async () => {
  const page = await person(browser);
  const asked = [];
  page.on("request", (request) => /^\/assets\/.*\.(svg|png)$/.test(new URL(request.url()).pathname) && asked.push(page.url()));
  await page.goto(`${edge.url}x/overcooked_human_ai`);
  await page.locator("body[data-state=page]").waitFor();
  await page.waitForLoadState("networkidle");
  const whileReading = asked.length;
  assert.ok(whileReading > 0);
  await page.locator("section[data-kind=start] button[type=submit]").click();
  await state(page, "running");
  assert.equal(asked.length, whileReading);
  assert.ok((await find(page, BLUE_COOK)).count > 60);
  await page.context().close();
});
