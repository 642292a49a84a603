// Continuous actions: what a mouse, a key and the slider do to the pendulum is in the data.
import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, settled } from "../edge/data.mjs";
import { begin, person, state } from "./chromium.mjs";
import { browser, edge, subject } from "./world.mjs";

test("a mouse, a slider and keys drive the pendulum, and the room plays what they gave", async () => {
  const page = await person(browser);
  await begin(page, edge.url, "pendulum_check");
  await state(page, "running");
  const box = await page.locator("#stage").boundingBox();
  // Twelve steps of the game, however slow they are.
  const wait = async () => {
    const before = await page.evaluate(() => window.footlights.tick);
    await page.waitForFunction((before) => window.footlights.tick >= before + 12, before);
  };
  // Three quarters of the way to the right: half of the force.
  await page.mouse.move(box.x + 0.75 * box.width, box.y + box.height / 2);
  await wait();
  await page.mouse.move(box.x - 20, box.y - 20);
  await wait();
  await page.keyboard.down("ArrowLeft");
  await wait();
  await page.keyboard.up("ArrowLeft");
  await wait();
  await page.getByLabel("force").evaluate((slider) => {
    slider.value = "0.25";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await wait();
  await page.locator("section[data-kind=end]").waitFor({ timeout: 60_000 });
  await settled(edge, ({ games }) => games.some((row) => row.experiment === "pendulum_check"));
  const { rows } = await csvOf(edge, "pendulum_check", "pendulum", subject(page));
  const forces = rows.map((row) => Number(row["actions.player_0.0"]));
  const near = (force) => forces.filter((found) => Math.abs(found - force) < 0.05).length;
  for (const force of [1, -2, 0.5, 0]) assert.ok(near(force) >= 5, `${force}: ${forces.join(" ")}`);
  // Held keys are in the data as keys, and an axis is not.
  assert.deepEqual([...new Set(rows.map((row) => row.keys_held))].sort(), ["0", "1"]);
  assert.ok(rows.every((row) => row.verified !== "false"));
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
