// Models as PyTorch, Stable-Baselines3, RLlib, CleanRL, JAX and TensorFlow write them, in Chromium and in workerd at once: a
// browser that plays them otherwise than the room has to undo what it showed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf } from "../edge/data.mjs";
import { assertActions } from "../edge/models.mjs";
import { begin, person, state } from "./chromium.mjs";
import { browser, edge, subject } from "./world.mjs";

const STUDY = "models_check_browser";

test("every model does in Chromium what it does in workerd and in onnxruntime", async () => {
  const page = await person(browser);
  await begin(page, edge.url, STUDY);
  await state(page, "running");
  let seen = {};
  const looking = setInterval(() => {
    page.evaluate(() => ({ ...window.footlights })).then((now) => now.tick && (seen = now), () => {});
  }, 100);
  await page.locator("section[data-kind=end]").waitFor({ timeout: 60_000 });
  clearInterval(looking);
  assert.equal(seen.rollbacks, 0);
  const { rows } = await csvOf(edge, STUDY, "game", subject(page));
  assertActions(rows);
  for (const row of rows) assert.deepEqual([row.predicted, row.rollback_ticks, row.verified], ["true", "0", "true"]);
  await page.context().close();
});
