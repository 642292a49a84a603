// Two people in Chromium, and what happens to one when the other's tab, network or patience ends.
import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, settled } from "../edge/data.mjs";
import { cable } from "./cable.mjs";
import { begin, person, state } from "./chromium.mjs";
import { STUDY, at, go, walk } from "./walk.mjs";
import { browser, edge, subject } from "./world.mjs";

/** Two people in their first game with each other; the second one's network hangs on a cable. */
async function paired() {
  const line = await cable(edge.url);
  const pages = await Promise.all([1, 2].map(() => person(browser)));
  await Promise.all(pages.map((page, k) => page.goto(`${k === 0 ? edge.url : line.url}x/${STUDY}`)));
  await Promise.all(pages.map((page) => walk(page, "first_game")));
  await Promise.all(pages.map((page) => page.getByRole("button", { name: /ready/i }).click()));
  await Promise.all(pages.map((page) => state(page, "running")));
  // Some ticks of this game: what is cut off before the first one has no row.
  await Promise.all(pages.map((page) => page.waitForFunction(() => window.footlights.tick >= 10)));
  return { line, pages, subjects: pages.map(subject) };
}

async function closed({ line, pages }) {
  await Promise.all(pages.map((page) => page.context().close()));
  await line.stop();
}

test("a network that is gone for three seconds costs nobody the game, and no tick", async () => {
  const all = await paired();
  const [stays, cut] = all.pages;
  all.line.pull();
  await state(stays, "paused");
  assert.match(await stays.locator("#partner").innerText(), /reconnecting 0:\d\d/i);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  all.line.plug();
  await Promise.all(all.pages.map((page) => state(page, "running", "countdown", "finished", "page")));
  await Promise.all(all.pages.map((page) => at(page, "between", 180_000)));
  const [a, b] = await Promise.all(all.subjects.map((subject) => csvOf(edge, STUDY, "first_game", subject)));
  assert.equal(a.rows.length, b.rows.length);
  assert.deepEqual(a.rows.map((row) => Number(row.tick)), a.rows.map((_, k) => k + 1));
  assert.ok(cut.url().includes(all.subjects[1]));
  await closed(all);
});

test("a network that is gone for sixty seconds ends the game for both, each with their own page and code", async () => {
  const all = await paired();
  const [stays, cut] = all.pages;
  all.line.pull();
  const unplugged = Date.now();
  await at(stays, "survey", 60_000);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, 60_000 - (Date.now() - unplugged))));
  all.line.plug();
  await walk(stays, "end");
  await stays.locator("[data-saved=true] #code").waitFor();
  assert.equal(await stays.locator("#code").innerText(), "SLIME-PARTNER");
  await at(cut, "end", 60_000);
  await cut.locator("[data-saved=true] #code").waitFor();
  assert.equal(await cut.locator("#code").innerText(), "SLIME-AWAY");
  const rows = await Promise.all(all.subjects.map((subject) => csvOf(edge, STUDY, "first_game", subject)));
  assert.equal(rows[0].rows.length, rows[1].rows.length);
  assert.ok(rows[0].rows.length > 0);
  await closed(all);
});

test("a partner who leaves in the survey disturbs nobody", async () => {
  const all = await paired();
  const [stays, leaves] = all.pages;
  await Promise.all(all.pages.map((page) => walk(page, "survey")));
  await leaves.close();
  await walk(stays, "end");
  await stays.locator("[data-saved=true] #code").waitFor();
  assert.equal(await stays.locator("#code").innerText(), "SLIME-DONE");
  await settled(edge, ({ answers }) =>
    answers.some((row) => row.subject_id === all.subjects[0] && row.question_id === "age" && row.answer === "34"),
  );
  await closed(all);
});

test("who waits in vain is told so and led to the last page", async () => {
  const page = await person(browser);
  await begin(page, edge.url, "slime_load");
  await state(page, "lobby");
  await page.getByRole("button", { name: "Continue" }).click({ timeout: 60_000 });
  await page.locator("section[data-kind=end]").waitFor();
  assert.match(await page.locator("#scene").innerText(), /Nobody else came in time/);
  await page.context().close();
});

test("with a ticket that is not accepted the page asks the lobby for another one, and the game begins", async () => {
  const page = await person(browser);
  await page.addInitScript(() => {
    const Real = window.WebSocket;
    // Once in the life of the tab: the first ticket is one that the server never signed.
    window.WebSocket = class extends Real {
      constructor(url) {
        const spoil = url.includes("ticket=") && !sessionStorage.getItem("spoilt");
        if (spoil) sessionStorage.setItem("spoilt", "yes");
        super(spoil ? url.replace(/ticket=./, "ticket=!") : url);
      }
    };
  });
  await begin(page, edge.url, "slime_human_ai");
  await state(page, "running");
  assert.equal(await page.evaluate(() => sessionStorage.getItem("spoilt")), "yes");
  await page.context().close();
});

test("the first page can be opened by anybody without taking anybody's place", async () => {
  const { sessions } = await settled(edge, () => true);
  const page = await person(browser);
  await page.goto(`${edge.url}x/${STUDY}?PROLIFIC_PID=scanner`);
  await page.locator("section[data-kind=start]").waitFor();
  await page.context().close();
  assert.equal((await settled(edge, () => true)).sessions.length, sessions.length);
  const real = await person(browser);
  await real.goto(`${edge.url}x/${STUDY}?PROLIFIC_PID=scanner`);
  await go(real);
  await at(real, "screening");
  await real.context().close();
});
