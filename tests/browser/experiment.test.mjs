// A participant's whole way in Chromium: what a page does when it is reloaded, opened twice, cut off from the network,
// walked with the keyboard, or read by a machine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { encode } from "@msgpack/msgpack";

import { person, state } from "./chromium.mjs";
import { STUDY, at, go, live, scene, walk } from "./walk.mjs";
import { browser, edge } from "./world.mjs";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

async function consented(options) {
  const page = await person(browser, options);
  await page.goto(`${edge.url}x/${STUDY}`);
  await go(page);
  await at(page, "screening");
  return page;
}

/** What axe-core finds wrong with the page. */
async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run());
  assert.ok(found.passes.length > 5, "axe looked at something");
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" ")}`);
}

/** Whether nothing sticks out of the window on the side. */
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark, 360 pixels wide", { colorScheme: "dark", viewport: { width: 360, height: 740 } }],
]) {
  test(`axe-core finds nothing on any page of a whole study (${name})`, async () => {
    // axe's own script is not ours: the page's policy would not let it in.
    const still = { ...options, bypassCSP: true, reducedMotion: "reduce" };
    const pages = await Promise.all([1, 2].map(() => person(browser, still)));
    const seen = new Set();
    const look = async (page, id) => {
      seen.add(id);
      assert.ok(await fits(page), `${id} is too wide`);
      assert.deepEqual(await violations(page), [], id);
    };
    const [first, second] = pages;
    await first.goto(edge.url);
    await look(first, "index");
    await Promise.all(pages.map((page) => page.goto(`${edge.url}x/${STUDY}`)));
    await Promise.all([walk(first, "comprehension", look), walk(second, "comprehension")]);
    await first.getByLabel("Space").check();
    await first.getByLabel("When I jump twice").check();
    await go(first);
    await first.locator(".notice").waitFor();
    await look(first, "a failed check");
    assert.equal(await first.evaluate(() => document.activeElement.name), "goal", "the first mistake has the focus");
    await Promise.all([walk(first, "end", look), walk(second, "end")]);
    for (const page of pages) {
      await page.locator("[data-saved=true] #code").waitFor();
      assert.equal(await page.locator("#code").innerText(), "SLIME-DONE");
      assert.deepEqual(page.problems.filter((problem) => !problem.includes("422")), []);
    }
    await look(first, "the code");
    assert.equal(seen.size, 14);
    await Promise.all(pages.map((page) => page.context().close()));
  });
}

test("a reload comes back to the same scene with what was entered, and so do Back and Forward", async () => {
  const page = await consented();
  await walk(page, "instructions");
  await page.reload();
  assert.equal(await scene(page), "instructions");
  await go(page);
  await at(page, "comprehension");
  await page.getByLabel("Up arrow").check();
  await page.reload();
  await at(page, "comprehension");
  const kept = page.locator("[data-question=jump] input:checked");
  await kept.waitFor();
  assert.equal(await kept.inputValue(), "Up arrow", "a draft survives");
  await page.goBack();
  await page.goForward();
  await at(page, "comprehension");
  await walk(page, "before_the_match");
  await page.reload();
  assert.equal(await scene(page), "before_the_match");
  await page.goto(`${edge.url}x/${STUDY}`);
  assert.equal(await scene(page), "consent", "the link without an id is a new participant");
  await page.context().close();
});

test("a reload in any scene of a study comes back to it, and two people who do so finish with their code", async () => {
  const pages = await Promise.all([1, 2].map(() => person(browser)));
  const reloaded = [];
  await Promise.all(pages.map((page) => page.goto(`${edge.url}x/${STUDY}`)));
  const again = async (page, id) => {
    reloaded.push(id);
    await page.reload();
    await at(page, id);
    await live(page);
  };
  await Promise.all(pages.map((page) => walk(page, "end", again)));
  assert.equal(new Set(reloaded).size, 11);
  for (const page of pages) {
    await page.locator("[data-saved=true] #code").waitFor();
    await page.reload();
    await page.locator("[data-saved=true] #code").waitFor();
    assert.equal(await page.locator("#code").innerText(), "SLIME-DONE");
  }
  await Promise.all(pages.map((page) => page.context().close()));
});

test("axe-core finds nothing on pages about a problem", async () => {
  const page = await person(browser, { bypassCSP: true, reducedMotion: "reduce" });
  await page.goto(`${edge.url}x/no_such_study`);
  assert.deepEqual(await violations(page), []);
  await page.goto(`${edge.url}x/${STUDY}/0123456789abcdef`);
  assert.deepEqual(await violations(page), []);
  await page.goto(`${edge.url}x/${STUDY}`);
  await at(page, "consent");
  await live(page);
  const second = await page.context().newPage();
  await second.goto(page.url());
  await state(second, "elsewhere");
  assert.deepEqual(await violations(second), []);
  await page.context().close();
});

test("a second tab says that the study is open elsewhere, and can take over", async () => {
  const lease = (page) => page.evaluate(() => document.body.dataset.state);
  const first = await consented();
  // Once the first tab has asked for the place of one that closed, and was told that another one takes part.
  const isWord = (payload, word) => Buffer.from(payload).equals(Buffer.from(encode(word)));
  const refused = new Promise((resolve) => {
    first.on("websocket", (socket) => {
      let asked = false;
      socket.on("framesent", ({ payload }) => (asked ||= isWord(payload, "f")));
      socket.on("framereceived", ({ payload }) => asked && isWord(payload, "e") && resolve());
    });
  });
  await first.reload();
  await at(first, "screening");
  await live(first);
  const second = await first.context().newPage();
  await second.goto(first.url());
  await state(second, "elsewhere");
  assert.match(await second.locator("#scene").innerText(), /another tab/);
  await first.locator("form[data-screening] button:not([disabled])").waitFor();
  await go(first);
  await at(first, "instructions");
  await second.evaluate(() => (globalThis.isTheSameDocument = true));
  await second.getByRole("button", { name: "Use this tab" }).click();
  await at(second, "instructions");
  await state(first, "elsewhere");
  await state(second, "page");
  assert.equal(await second.evaluate(() => globalThis.isTheSameDocument), true, "a reload would have closed its connection");
  // The tab that takes part keeps its place when it is reloaded: the other one asks for it later, and is told no.
  await second.reload();
  await state(second, "page");
  await refused;
  assert.deepEqual([await lease(first), await lease(second)], ["elsewhere", "page"]);
  await second.close();
  await at(first, "instructions");
  await first.context().close();
});

test("a study is walked with the keyboard alone", async () => {
  const page = await consented();
  await page.locator("form[data-screening] button:not([disabled])").waitFor();
  await page.keyboard.press("Enter");
  await at(page, "instructions");
  const focused = () => page.evaluate(() => document.activeElement?.cloneNode(false).outerHTML ?? "");
  const tabTo = async (what) => {
    for (let k = 0; k < 20 && !(await focused()).includes(what); k++) await page.keyboard.press("Tab");
    assert.ok((await focused()).includes(what), `${what} is reached with Tab`);
  };
  await tabTo("<button");
  await page.keyboard.press("Enter");
  await at(page, "comprehension");
  await tabTo('name="goal"');
  await page.keyboard.press("Space");
  await tabTo('name="jump"');
  await page.keyboard.press("ArrowRight");
  await tabTo("<button");
  await page.keyboard.press("Enter");
  await at(page, "practice");
  await state(page, "running");
  await page.context().close();
});

test("without a network a page keeps what was entered, says so, and goes on when it is back", async () => {
  const page = await consented();
  await walk(page, "comprehension");
  await page.getByLabel("When the ball touches the ground on my side").check();
  await page.getByLabel("Up arrow").check();
  await page.context().setOffline(true);
  await go(page);
  await page.locator(".notice").waitFor();
  assert.match(await page.locator(".notice").innerText(), /Nothing you entered is lost/);
  assert.equal(await scene(page), "comprehension");
  await page.context().setOffline(false);
  await go(page);
  await at(page, "practice");
  await page.context().close();
});

test("the last page gives the code and keeps the answers when saving fails for long, and saves when it can", async () => {
  const page = await person(browser, { userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Mobile Safari/604.1" });
  await page.goto(`${edge.url}x/${STUDY}`);
  await go(page);
  await at(page, "screening");
  await page.locator("form[data-screening] button:not([disabled])").waitFor();
  let broken = true;
  await page.route("**/complete", (route) => (broken ? route.fulfill({ status: 503, body: "no" }) : route.continue()));
  await go(page);
  await at(page, "end");
  assert.equal(await page.locator("#code").count(), 0, "no code before the save");
  await page.locator("#code").waitFor({ timeout: 60_000 });
  assert.equal(await page.locator("#code").innerText(), "SLIME-DEVICE");
  assert.ok(!(await page.getByText("being saved").isVisible()), "it does not say two things at once");
  const kept = await page.evaluate(() => JSON.parse(Object.entries(localStorage).find(([key]) => key.endsWith("/complete"))[1]));
  assert.equal(kept.answers[0].answers.device, "phone");
  broken = false;
  await page.locator("[data-saved=true]").waitFor({ timeout: 60_000 });
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await page.context().close();
});
