// What a page offers is accepted, what somebody does counts, and nothing typed is lost.
import assert from "node:assert/strict";
import { test } from "node:test";

import { settled } from "../edge/data.mjs";
import { person } from "./chromium.mjs";
import { live } from "./walk.mjs";
import { browser, edge, subject } from "./world.mjs";

const STUDY = "answers_check";
const at = (page, scene) => page.locator(`section[data-scene="${scene}"]`).waitFor();
const go = (page) => page.getByRole("button", { name: "Continue" }).click();

/** Opens the study. */
async function start(options) {
  const page = await person(browser, options);
  await page.goto(`${edge.url}x/${STUDY}`);
  await go(page);
  await at(page, "options");
  return page;
}

async function options(page) {
  await page.getByLabel("Yes").check();
  await page.getByLabel("b c").check();
  await page.getByLabel("d+e=f & g").check();
  await go(page);
  await at(page, "slider");
}

/** Where the thumb of the slider is: in the middle, until it is moved. */
async function thumb(page) {
  const box = await page.locator("input[type=range]").boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

test("a slider that already stands right is answered by mouse, finger and key", async () => {
  for (const press of [
    async (page) => page.mouse.click(...(await thumb(page))),
    async (page) => page.touchscreen.tap(...(await thumb(page))),
    async (page) => {
      await page.locator("input[type=range]").focus();
      await page.keyboard.press("Space");
    },
    async (page) => {
      await page.locator("input[type=range]").focus();
      await page.keyboard.press("Enter");
    },
  ]) {
    const page = await start({ hasTouch: true });
    await options(page);
    // The words beside it are no answer, and neither is the focus.
    await page.getByText("How much?").click();
    await page.locator("input[type=range]").focus();
    await go(page);
    await page.getByText("press it where it stands").waitFor();
    await press(page);
    if (await page.locator("section[data-scene=slider]").isVisible()) {
      assert.equal(await page.locator("output").innerText(), "50");
      await go(page);
    }
    await at(page, "texts");
    assert.deepEqual(page.problems, ["Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"]);
    await page.context().close();
  }
});

test("every option can be chosen, text is counted and kept, and numbers are read as they are typed", async () => {
  const page = await start({});
  // A browser that keeps nothing: what is typed survives a refused form all the same.
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    for (const storage of ["sessionStorage", "localStorage"]) Object.defineProperty(window, storage, { get: refuse });
  });
  await page.reload();
  await at(page, "options");
  for (const form of await page.locator("form").all()) assert.equal(await form.getAttribute("autocomplete"), "off");
  await options(page);
  await page.mouse.click(...(await thumb(page)));
  await go(page);
  await at(page, "texts");

  const line = page.getByLabel("One line");
  await line.fill("twenty-two characters.");
  assert.equal(await page.locator("#q-line-count").innerText(), "2 characters too many");
  await page.getByLabel("Mood").fill("well");
  await page.getByLabel("Days").selectOption(["Monday", "Friday"]);
  await go(page);
  assert.equal(await line.inputValue(), "twenty-two characters.", "nothing is cut off");
  assert.ok(await line.evaluate((field) => field === document.activeElement), "the field that is too long is shown");
  await line.fill("nineteen characters");
  assert.equal(await page.locator("#q-line-count").innerText(), "1 character left");
  // What the server refuses comes back as it was, also in the researcher's own HTML.
  await page.getByLabel("Mood").fill(" ");
  await go(page);
  await page.getByText("Please look at your answers again").waitFor();
  assert.deepEqual(
    await Promise.all([line.inputValue(), page.getByLabel("Days").evaluate((list) => [...list.selectedOptions].map((option) => option.text))]),
    ["nineteen characters", ["Monday", "Friday"]],
  );
  await page.getByLabel("Mood").fill("well");
  await go(page);
  await at(page, "numbers");

  await page.getByLabel("How old are you?").fill("thirty");
  await page.getByLabel("How tall, in metres?").fill("1,85");
  await go(page);
  await page.getByText("Please enter a number in digits").waitFor();
  assert.equal(await page.getByLabel("How old are you?").inputValue(), "thirty", "what was typed is still there");
  await page.getByLabel("How old are you?").fill("34");
  await go(page);
  await page.locator("#code").filter({ hasText: "DONE" }).waitFor();

  const who = subject(page);
  const { answers } = await settled(edge, ({ answers }) => answers.some((row) => row.subject_id === who && row.question_id === "height"));
  const given = answers.filter((row) => row.subject_id === who).map((row) => [row.question_id, row.answer]);
  assert.deepEqual(Object.fromEntries(given), {
    one: "Yes", some: '["b c","d+e=f & g"]', agree: "50", mood: "well", days: '["Monday","Friday"]', line: "nineteen characters", age: "34", height: "1.85",
  });
  await page.context().close();
});

test("a question may be called as a property of a form is, and nothing of the page breaks", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}x/names_check`);
  await go(page);
  await at(page, "names");
  const fields = page.locator("#scene form input[type=text]");
  const all = await fields.count();
  assert.equal(all, 18);
  // What the server refuses comes back, with its words at the field.
  for (let k = 0; k < all; k++) await fields.nth(k).fill(k === 0 ? " " : `${k + 1}`);
  await go(page);
  await page.getByText("Please answer this question").first().waitFor();
  for (let k = 0; k < all; k++) await fields.nth(k).fill(`${k + 1}`);
  await page.reload();
  await at(page, "names");
  assert.equal(await fields.last().inputValue(), `${all}`, "the draft is kept");
  await go(page);
  await page.locator("#code").filter({ hasText: "DONE" }).waitFor();
  const who = subject(page);
  const { answers } = await settled(edge, ({ answers }) => answers.filter((row) => row.subject_id === who).length === all);
  assert.deepEqual(answers.filter((row) => row.subject_id === who).map((row) => Number(row.answer)).sort((a, b) => a - b), Array.from({ length: all }, (_, k) => k + 1));
  assert.deepEqual(page.problems.filter((problem) => !/422/.test(problem)), []);
  await page.context().close();
});

test("what was typed is there again after a reload, in every kind of field", async () => {
  const page = await start({});
  await options(page);
  await page.mouse.click(...(await thumb(page)));
  await page.reload();
  await live(page);
  assert.equal(await page.locator("output").innerText(), "50", "a slider that was pressed is still answered");
  await go(page);
  await at(page, "texts");
  await page.getByLabel("Mood").fill("so-so");
  await page.getByLabel("Days").selectOption(["Friday"]);
  await page.getByRole("textbox", { name: "Lines" }).fill("one\ntwo");
  await page.reload();
  await live(page);
  assert.equal(await page.getByLabel("Mood").inputValue(), "so-so");
  assert.equal(await page.getByRole("textbox", { name: "Lines" }).inputValue(), "one\ntwo");
  assert.deepEqual(await page.getByLabel("Days").evaluate((list) => [...list.selectedOptions].map((option) => option.text)), ["Friday"]);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a page whose time is over sends itself with what was answered, and says before how much is left", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}x/timed_check`);
  await go(page);
  await at(page, "offer");
  await page.getByText(/Time left: 0:0[0-3]/).waitFor();
  await page.getByLabel("How many coins?").fill("4");
  // Too long, and so left out: it must not hold the page up.
  await page.getByLabel("Why?").fill("because");
  await at(page, "read");
  await at(page, "end");
  await page.locator("[data-saved=true] #code").waitFor();
  assert.equal(await page.locator("#code").innerText(), "IDLE");
  const mine = ({ subject_id }) => subject_id === subject(page);
  const { answers } = await settled(edge, ({ answers }) => answers.some(mine));
  const given = answers.filter(mine).filter((row) => row.answer !== null);
  assert.deepEqual(given.map((row) => [row.question_id, row.answer]), [["coins", "4"]]);
  await page.context().close();
});
