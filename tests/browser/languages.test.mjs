// A study in other languages, in Chromium: nothing stays English, pages run in the language's direction, and two people who
// read different languages play with each other.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { person, state } from "./chromium.mjs";
import { at, go, live } from "./walk.mjs";
import { browser, edge } from "./world.mjs";

const STUDY = "languages_check";
const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const LANGUAGES = ["ar", "de", "es", "fr", "he", "ja", "nl", "zh"];
const table = (language) =>
  JSON.parse(readFileSync(new URL(`../../room/experiment/src/language/${language}.json`, import.meta.url), "utf8"));

const still = { bypassCSP: true, reducedMotion: "reduce" };
const phone = { ...still, viewport: { width: 360, height: 740 }, hasTouch: true };

/** Opens the study in a language. */
async function open(language, options) {
  const page = await person(browser, options);
  await page.goto(`${edge.url}x/${STUDY}?lang=${language}`);
  await live(page);
  return page;
}

/** Sentences of Footlights that stand on the page in English, where the language has others. */
async function english(page, language) {
  const said = await page.evaluate(() => {
    const labels = [...document.querySelectorAll("[aria-label], [title], [alt]")];
    const named = labels.flatMap((element) => ["aria-label", "title", "alt"].map((name) => element.getAttribute(name)));
    const hidden = [...document.querySelectorAll("noscript, template")].map((element) => element.textContent);
    return [document.title, document.body.innerText, ...named, ...hidden].join("\n");
  });
  const own = table(language);
  const words = Object.keys(own).filter((key) => own[key] !== key && /^[A-Z].{5,}/.test(key) && !key.includes("{"));
  const letter = "[\\p{L}\\p{N}]";
  const quoted = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return words.filter((words) => new RegExp(`(?<!${letter})${quoted(words)}(?!${letter})`, "u").test(said));
}

/** What is wrong with the page: by axe-core, by its width, by its words. */
async function check(page, language, where) {
  await page.evaluate(AXE);
  const { passes, violations } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(passes.length > 5, "axe looked at something");
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" ")}`);
  assert.deepEqual(found, [], `${language}, ${where}`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${language}, ${where}: too wide`);
  assert.deepEqual(await english(page, language), [], `${language}, ${where}`);
}

async function toTheGame(page, look = async () => {}) {
  await look("consent");
  await go(page);
  await at(page, "screening");
  await page.locator("form[data-screening] button:not([disabled])").waitFor();
  await look("screening");
  await go(page);
  await at(page, "instructions");
  await look("instructions");
  await go(page);
  await at(page, "check");
  await page.locator("input[value=no]").check();
  await go(page);
  await page.locator(".notice").waitFor();
  await look("a failed check");
  await page.locator("input[value=yes]").check();
  await go(page);
  await at(page, "match");
}

for (const language of LANGUAGES) {
  test(`every page before the game is whole in ${language}`, async () => {
    const page = await open(language, phone);
    const direction = ["ar", "he"].includes(language) ? "rtl" : "ltr";
    assert.deepEqual(
      await page.evaluate(() => [document.documentElement.lang, getComputedStyle(document.body).direction]),
      [language, direction],
    );
    await toTheGame(page, (where) => check(page, language, where));
    await page.locator("#overlay[data-overlay=lobby]").waitFor();
    await check(page, language, "the waiting room");
    // Which way is up is the screen's in every language, and so are left and right.
    const bar = await page.locator(".bar .title").boundingBox();
    assert.equal(bar.x > 180, direction === "rtl", "the title begins where lines begin");
    await page.context().setOffline(true);
    await page.locator("#overlay[data-overlay=reconnecting]").waitFor({ timeout: 40_000 });
    await check(page, language, "without a connection");
    assert.deepEqual(page.problems.filter((problem) => !/422|ERR_|WebSocket/.test(problem)), []);
    await page.context().close();
  });
}

test("a German and an Israeli play with each other, each in their language, and leave the same data", async () => {
  const pages = { de: await open("de", still), he: await open("he", phone) };
  const each = (act) => Promise.all(Object.entries(pages).map(([language, page]) => act(page, language)));
  await each((page) => toTheGame(page));
  await each(async (page, language) => {
    const ready = page.getByRole("button", { name: table(language)["I am ready"] });
    await ready.waitFor({ timeout: 60_000 });
    await ready.click();
  });
  await each(async (page, language) => {
    await state(page, "running");
    await page.locator("#hud .seats li").nth(1).waitFor();
    await check(page, language, "the game");
  });
  const names = await each((page) => page.locator("#hud .seats .name").allInnerTexts());
  assert.deepEqual(names.map((names) => names.toSorted()), ["de", "he"].map((language) =>
    [table(language).You, table(language).Partner].toSorted(),
  ));
  assert.match(await pages.de.locator(".legend").innerText(), /links/);
  assert.match(await pages.he.locator(".thumbs").getAttribute("aria-label"), new RegExp(table("he")["Touch controls"]));
  // The buttons under the thumbs are where they are in every language.
  const [left, right] = await Promise.all(
    ["left", "right"].map((side) => pages.he.locator(`.thumb.${side}`).boundingBox()),
  );
  assert.ok(left.x < right.x, "left is on the left");
  await each((page) => at(page, "survey"));
  assert.match(await pages.de.locator("form").innerText(), /Sie haben -?\d,\d Punkte\. Ihre Antwort war Ja\./);
  await each(async (page, language) => {
    await check(page, language, "the survey");
    // What the browser says by itself is in the browser's language.
    await page.evaluate(() => (document.querySelector("#scene form").noValidate = true));
    await go(page);
    await page.locator(".complaint").first().waitFor();
    await check(page, language, "a refused survey");
    await page.locator("[data-question=fun] input").nth(5).check();
    await page.locator("[data-question=skill] input").press("ArrowRight");
    await page.locator("[data-question=height] input").fill(language === "de" ? "1,85" : "1.85");
    await page.locator("input[value=yes]").check();
    await page.locator("textarea").fill("x".repeat(39));
    assert.equal(
      await page.locator(".count").innerText(),
      table(language)["{n} characters left [one]"].replace("{n}", "1"),
    );
    await go(page);
    await at(page, "end");
    await page.locator("[data-saved=true] #code").waitFor();
    await check(page, language, "the end");
    await page.locator("[data-copy]").click();
  });
  await each((page) => page.context().close());
});

test("a Hebrew study is walked with the keyboard alone, from right to left", async () => {
  const page = await open("he", still);
  const focused = () => page.evaluate(() => document.activeElement.closest("label, button, a, summary, input")?.innerText);
  const tabTo = async (is) => {
    for (let k = 0; k < 40; k += 1) {
      if (await page.evaluate(is)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab does not come to ${is}, but to ${await focused()}`);
  };
  const submit = () => document.activeElement.matches("form button[type=submit]");
  await tabTo(submit);
  await page.keyboard.press("Enter");
  await at(page, "screening");
  await page.locator("form[data-screening] button:not([disabled])").waitFor();
  await page.keyboard.press("Enter");
  await at(page, "instructions");
  await tabTo(submit);
  await page.keyboard.press("Enter");
  await at(page, "check");
  await tabTo(() => document.activeElement.matches("input[value=yes]"));
  await page.keyboard.press("Space");
  await tabTo(submit);
  await page.keyboard.press("Enter");
  await at(page, "match");
  await page.locator("#overlay[data-overlay=lobby]").waitFor();
  // What a screen reader reads: the status line, in the language.
  const status = await page.locator("section.game > [role=status]").innerText();
  assert.ok(status.includes(table("he")["The game starts as soon as both of you are here."]), status);
  await page.context().close();
});
