// Somebody who plays alone, against a policy that runs in the browser: nothing of the network is felt.
import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, records } from "../edge/data.mjs";
import { cable } from "./cable.mjs";
import { begin, person, state } from "./chromium.mjs";
import { browser, edge, subject } from "./world.mjs";

const STUDY = "slime_alone";

/** Presses keys until the game is over; what the page said of itself last. */
async function play(page) {
  const keys = ["ArrowLeft", "ArrowRight", "ArrowUp"];
  const typing = setInterval(() => {
    const key = keys[Math.floor(Math.random() * keys.length)];
    page.keyboard[Math.random() < 0.6 ? "down" : "up"](key).catch(() => {});
  }, 150);
  let seen = {};
  const looking = setInterval(() => {
    page.evaluate(() => ({ ...window.footlights })).then((now) => now.tick && (seen = now), () => {});
  }, 200);
  await page.locator("section[data-kind=end]").waitFor({ timeout: 180_000 });
  clearInterval(typing);
  clearInterval(looking);
  return seen;
}

test("nothing is undone, a pulled cable is not noticed in the game, and every tick is verified", async () => {
  const line = await cable(edge.url, { delay: 100, jitter: 50 });
  const page = await person(browser);
  const fetched = [];
  page.on("request", (request) => fetched.push([new URL(request.url()).pathname, page.url()]));
  await page.goto(`${line.url}x/${STUDY}`);
  await page.locator("section[data-kind=start]").waitFor();
  assert.ok(await page.locator('link[rel=prefetch][href="/policies/policies_bg.wasm"]').count(), "fetched while reading");
  await page.locator("section[data-kind=start] button[type=submit]").click();
  await state(page, "running");
  await page.waitForFunction(() => window.footlights.present >= 10);
  // What the page looks like while the game moves on without a connection.
  await page.evaluate(() => {
    window.looks = [];
    let last = window.footlights.present;
    setInterval(() => {
      const { present } = window.footlights;
      const covered = !document.querySelector("#overlay").hidden;
      if (present > last && looks.length < 400) looks.push([present, document.body.dataset.state, covered]);
      last = present;
    }, 20);
  });
  line.pull();
  const before = await page.evaluate(() => window.footlights.present);
  // The next round waits for the room; how long this one takes is the ball's affair.
  await page.waitForFunction(
    (before) => window.footlights.present >= before + 45 || document.body.dataset.state !== "running",
    before,
  );
  const looks = await page.evaluate(() => window.looks);
  const seen = looks.filter(([, state, covered]) => state === "running" && !covered);
  assert.ok(looks.length - seen.length <= 1, `but for the last tick of a round: ${JSON.stringify(looks)}`);
  assert.ok(seen.at(-1)[0] - before >= 20, `${before}: ${JSON.stringify(looks)}`);
  line.plug();
  const { rollbacks, stalledMs } = await play(page);
  assert.equal(rollbacks, 0);
  assert.ok(stalledMs < 50, `${stalledMs} ms`);
  const { rows } = await csvOf(edge, STUDY, "game", subject(page));
  const { games, seats, events } = await records(edge);
  const mine = seats.find((row) => row.subject_id === subject(page));
  const game = games.find((row) => row.game_id === mine.game_id);
  assert.deepEqual([game.outcome, rows.length], ["completed", game.ticks]);
  for (const row of rows) {
    assert.deepEqual([row.verified, row.predicted, row.rollback_ticks, row.late_ticks], ["true", "true", "0", "0"]);
  }
  assert.ok(rows.some((row) => row.keys_held !== "0") && rows.some((row) => row["actions.player_1"] !== "0"));
  const of = (kind) => events.filter((row) => row.game_id === game.game_id && row.kind === kind).length;
  assert.deepEqual([of("desync"), of("lost"), of("rejoined")], [0, 1, 1]);
  assert.ok(fetched.some(([path]) => path === "/policies/policies_bg.wasm"));
  await page.context().close();
  await line.stop();
});

test("without the policies' module the game is played all the same, and corrected", async () => {
  const page = await person(browser);
  await page.route("**/policies/**", (route) => route.abort());
  await begin(page, edge.url, STUDY);
  await state(page, "running");
  const { rollbacks } = await play(page);
  assert.ok(rollbacks > 0, "what the policy does was guessed");
  const { rows } = await csvOf(edge, STUDY, "game", subject(page));
  assert.ok(rows.length > 100 && rows.every((row) => row["action_source.player_1"] === "policy"));
  assert.ok(rows.some((row) => row.verified === "true"));
  await page.context().close();
});
