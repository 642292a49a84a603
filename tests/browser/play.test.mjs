// People in Chromium: they play, and the tests look at the picture.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { csvOf, records } from "../edge/data.mjs";
import { begin, find, person, state } from "./chromium.mjs";
import { browser, edge, subject } from "./world.mjs";

const ORANGE = [240, 110, 70];
const BLUE = [80, 170, 250];
const BALL = [255, 221, 87];

test("the goldens hold in Chromium", async () => {
  const page = await person(browser);
  await page.goto(edge.url);
  const found = await page.evaluate(async () => {
    const client = await import("/simulating/client.js");
    await client.default();
    return Object.fromEntries(client.environment_ids().map((id) => [id, client.golden(id)]));
  });
  // The test lab has an environment of its own.
  delete found["models-v0"];
  assert.deepEqual(found, JSON.parse(readFileSync(new URL("../../env-sdk/environments/goldens.json", import.meta.url))));
  await page.context().close();
});

test("two windows of one browser find each other, play five points and finish", async () => {
  const left = await person(browser);
  await left.goto(edge.url);
  const right = await left.context().newPage();
  await begin(left, edge.url, "slime_human_human");
  await state(left, "lobby");
  await left.locator("#overlay").filter({ hasText: "1 of 2" }).waitFor();
  await begin(right, edge.url, "slime_human_human");
  await Promise.all([state(left, "running"), state(right, "running")]);
  const sizes = await Promise.all([ORANGE, BLUE].map((color) => find(left, color)));
  assert.ok(sizes.every(({ count }) => count > 300), "both slimes are in the picture");
  const keys = setInterval(() => {
    left.keyboard.press("ArrowUp").catch(() => {});
    right.keyboard.press("KeyW").catch(() => {});
  }, 700);
  await Promise.all([left, right].map((page) => page.locator("section[data-kind=end]").waitFor({ timeout: 180_000 })));
  clearInterval(keys);
  const { games } = await records(edge);
  const game = games.find((row) => row.experiment === "slime_human_human");
  assert.equal(game.outcome, "completed");
  for (const page of [left, right]) {
    const { rows } = await csvOf(edge, "slime_human_human", "game", subject(page));
    assert.equal(rows.length, game.ticks);
    assert.ok(rows.some((row) => row.keys_held !== "0"));
  }
  await left.context().close();
});

test("one person plays the policy: keys move the own slime at once, a reload keeps the seat, the study finishes", async () => {
  const page = await person(browser);
  await begin(page, edge.url, "slime_human_ai");
  await state(page, "running");
  assert.match(await page.locator("#hud").innerText(), /You/);
  const before = await find(page, ORANGE);
  assert.ok(Math.abs(before.x - 0.25) < 0.03, `starts in the middle of the left half, ${before.x}`);
  await page.keyboard.down("ArrowLeft");
  await page.waitForFunction(() => window.footlights.ack >= 1);
  const pressed = await page.evaluate(() => window.footlights.tick);
  await page.waitForFunction((tick) => window.footlights.tick >= tick + 12, pressed);
  const moved = await find(page, ORANGE);
  assert.ok(moved.x < before.x - 0.04, `${before.x} -> ${moved.x}`);
  await page.keyboard.up("ArrowLeft");
  const other = await find(page, BLUE);
  assert.ok(other.count > 300 && other.x > 0.5);

  await page.reload();
  await state(page, "countdown", "running");
  await page.locator("section[data-kind=end]").waitFor({ timeout: 180_000 });
  const { games, seats } = await records(edge);
  const mine = seats.filter((row) => row.subject_id === subject(page));
  assert.equal(mine.length, 1);
  assert.equal(games.find((row) => row.game_id === mine[0].game_id).outcome, "completed");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("the ball hangs in the middle while the countdown runs", async () => {
  const page = await person(browser);
  await begin(page, edge.url, "slime_human_ai");
  await state(page, "countdown");
  await page.waitForFunction(() => window.footlights?.painted > 0);
  const ball = await find(page, BALL);
  assert.ok(ball.count > 20 && Math.abs(ball.x - 0.5) < 0.02 && Math.abs(ball.y - 0.5) < 0.02, JSON.stringify(ball));
  await page.context().close();
});

test("a phone of 360 pixels shows touch buttons that play", async () => {
  const page = await person(browser, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await begin(page, edge.url, "slime_human_ai");
  await state(page, "running");
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(sideways <= 0, `${sideways} pixels too wide`);
  const before = await find(page, ORANGE);
  const jump = page.getByRole("button", { name: /jump/i });
  const box = await jump.boundingBox();
  assert.ok(box.width >= 44 && box.height >= 44, "big enough for a thumb");
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForFunction(() => window.footlights.ack >= 2);
  let highest = before.y;
  for (let k = 0; k < 20; k++) highest = Math.min(highest, (await find(page, ORANGE)).y);
  assert.ok(highest < before.y - 0.01, `${before.y} -> ${highest}`);
  await page.context().close();
});

test("a partner who closes the window is said on the page, with a countdown", async () => {
  const stays = await person(browser);
  const leaves = await stays.context().newPage();
  await begin(stays, edge.url, "slime_human_human");
  await begin(leaves, edge.url, "slime_human_human");
  await Promise.all([state(stays, "running"), state(leaves, "running")]);
  await leaves.close();
  await state(stays, "paused");
  assert.match(await stays.locator("#overlay").innerText(), /partner/i);
  assert.match(await stays.locator("#partner").innerText(), /reconnecting 0:\d\d/i);
  await stays.context().close();
});
