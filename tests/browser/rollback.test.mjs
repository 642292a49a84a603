// Two people whose browsers simulate the game, over real sockets and bad networks.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cable } from "./cable.mjs";
import { begin, person, state } from "./chromium.mjs";
import { STUDY, gameOf, restless, same } from "./rollback.mjs";
import { browser, edge, subject } from "./world.mjs";

/** In the page: how long its frames last, ms. */
function frames() {
  window.frameMs = [];
  let last;
  const frame = (now) => {
    if (last) window.frameMs.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** Two people in a game, each behind a line of their own. */
async function paired(weathers) {
  const lines = await Promise.all([0, 1].map((k) => cable(edge.url, weathers[k % weathers.length], 7 + k)));
  const pages = await Promise.all([1, 2].map(() => person(browser)));
  await Promise.all(pages.map((page) => page.addInitScript(frames)));
  await Promise.all(pages.map((page, k) => begin(page, lines[k].url, STUDY)));
  await Promise.all(pages.map((page) => state(page, "running")));
  return { lines, pages, subjects: pages.map(subject) };
}

/** Presses keys at random until the game is over; says what the pages measured. */
async function play({ pages }, typing = restless(pages)) {
  const seen = pages.map(() => ({}));
  const looking = setInterval(() => {
    pages.forEach((page, k) => page.evaluate(() => ({ ...window.footlights, frameMs: window.frameMs.slice(-300) })).then((now) => {
      if (now.tick) seen[k] = now;
    }, () => {}));
  }, 200);
  await Promise.all(pages.map((page) => page.locator("section[data-kind=end]").waitFor({ timeout: 120_000 })));
  typing();
  clearInterval(looking);
  return seen;
}

/** Both files, which must say the same of the game, row for row. */
async function compared({ subjects, pages, lines }) {
  const files = await same(edge, subjects);
  const { events } = await gameOf(edge, subjects[0]);
  assert.deepEqual(events.filter((row) => row.kind === "desync"), []);
  await Promise.all(pages.map((page) => page.context().close()));
  await Promise.all(lines.map((line) => line.stop()));
  return files;
}

for (const [name, weathers] of [
  ["200 ms", [{ delay: 100 }]],
  ["50 ms against 200 ms", [{ delay: 25 }, { delay: 100 }]],
  ["100 ms with 75 ms of jitter", [{ delay: 12, jitter: 75 }]],
  ["15 % loss", [{ delay: 25, jitter: 5, loss: 0.15 }]],
]) {
  test(`both files agree tick for tick, and own keys show at once: ${name}`, async () => {
    const all = await paired(weathers);
    const seen = await play(all);
    const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
    for (const { inputToFrameMs, rollbacks, frameMs } of seen) {
      // Two frames, however many this machine manages.
      const [median, most] = [middle(inputToFrameMs), Math.max(34, 2 * middle(frameMs))];
      const told = `${median} ms from a key to the picture (${inputToFrameMs.length}), ${most} allowed`;
      assert.ok(inputToFrameMs.length > 10 && median <= most, told);
      assert.ok(rollbacks > 0, "something was guessed wrong");
    }
    const files = await compared(all);
    for (const { rows } of files) {
      assert.ok(rows.some((row) => Number(row.rollback_ticks) > 0), "rollbacks are in the data");
      assert.ok(rows.filter((row) => row.predicted === "true").length > 200, "most ticks were predicted");
      const unsure = rows.filter((row) => row.verified !== "true" || row.predicted === "");
      assert.deepEqual(unsure.map((row) => row.tick), [], "every tick is verified, the last one too");
    }
  });
}

test("a rollback of a hundred and fifty ticks and more repairs what was guessed", async () => {
  const all = await paired([{ delay: 20 }]);
  await all.pages[0].waitForFunction(() => window.footlights.tick >= 40);
  // Not so long that the silence ends the connection. What nobody could guess happens at once.
  all.lines[0].stall(5_600);
  await all.pages[1].keyboard.down("ArrowLeft");
  const seen = await play(all);
  assert.ok(seen[0].deepest >= 150, `${seen[0].deepest} ticks`);
  const [{ rows }] = await compared(all);
  assert.ok(Math.max(...rows.map((row) => Number(row.rollback_ticks))) >= 150);
});

test("a page out of focus in the middle of a game, and people who do nothing, are no rows apart", async () => {
  const all = await paired([{ delay: 50 }]);
  await all.pages[1].waitForFunction(() => window.footlights.tick >= 60);
  // Playwright keeps every page focused, so the page is told.
  const look = (focused) =>
    all.pages[1].evaluate((focused) => {
      document.hasFocus = () => focused;
      window.dispatchEvent(new Event(focused ? "focus" : "blur"));
    }, focused);
  await look(false);
  await all.pages[0].waitForFunction(() => window.footlights.tick >= 150);
  await look(true);
  await play(all, () => {});
  const [, { rows }] = await compared(all);
  assert.ok(rows.some((row) => row.focused === "false"), "the room knew that somebody looked away");
});
