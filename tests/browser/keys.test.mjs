// No key stays held that is not: the legend's touch buttons show what the page sends.
import assert from "node:assert/strict";
import { test } from "node:test";

import { begin, person, state } from "./chromium.mjs";
import { browser, edge } from "./world.mjs";

/** A participant in a game, and a way to send keys to their browser as an operating system does. */
async function playing() {
  const page = await person(browser);
  await begin(page, edge.url, "slime_human_ai");
  await state(page, "running");
  const devtools = await page.context().newCDPSession(page);
  const key = (type, code, more = {}) =>
    devtools.send("Input.dispatchKeyEvent", { type, code, key: more.key ?? code.replace(/^(Key|Digit)/, "").replace(/(Left|Right)$/, (side) => (code.startsWith("Arrow") ? side : "")), ...more });
  return { page, down: (code, more) => key("rawKeyDown", code, more), up: (code, more) => key("keyUp", code, more) };
}

const held = (page) => page.locator(".pad.held").count();
const until = (page, count) => page.waitForFunction((count) => document.querySelectorAll(".pad.held").length === count, count, { timeout: 5_000 });
/** An event of the page that no device sent. */
const synthetic = (page, type, fields) => page.evaluate(([type, fields]) => document.body.dispatchEvent(new KeyboardEvent(type, { bubbles: true, cancelable: true, ...fields })), [type, fields]);

test("a key whose release is not told is released when its modifier, menu, drag or word begins", async () => {
  const { page, down, up } = await playing();
  for (const [what, happens] of Object.entries({
    "macOS tells of no release while Meta is held": async () => {
      await down("MetaLeft", { key: "Meta", modifiers: 4 });
      await until(page, 0);
      await up("MetaLeft", { key: "Meta" });
    },
    "the right Meta key, of which only the release arrives": () => up("MetaRight", { key: "Meta" }),
    "a menu takes the keyboard": () => page.evaluate(() => window.dispatchEvent(new Event("contextmenu"))),
    "something is dragged": () => page.evaluate(() => window.dispatchEvent(new Event("dragstart"))),
    "an input method begins a word": () => page.evaluate(() => window.dispatchEvent(new CompositionEvent("compositionstart"))),
    "full screen begins or ends": () => page.evaluate(() => document.dispatchEvent(new Event("fullscreenchange"))),
  })) {
    await down("ArrowLeft");
    await until(page, 1);
    await happens();
    await until(page, 0);
    assert.equal(await held(page), 0, what);
  }
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a key that is still down is held again when it repeats, and shortcuts hold nothing", async () => {
  const { page, down, up } = await playing();
  await down("ArrowLeft");
  await until(page, 1);
  await down("MetaLeft", { key: "Meta", modifiers: 4 });
  await until(page, 0);
  await up("MetaLeft", { key: "Meta" });
  await down("ArrowLeft", { autoRepeat: true });
  await until(page, 1);
  await up("ArrowLeft");
  await until(page, 0);
  for (const modifiers of [1, 2, 4]) {
    await down("ArrowLeft", { modifiers });
    assert.equal(await held(page), 0, `with the modifier ${modifiers}`);
    await up("ArrowLeft");
  }
  await page.context().close();
});

test("a keyboard that does not say which key it is, as on a screen, plays and holds no key for ever", async () => {
  const { page } = await playing();
  for (const key of ["ArrowUp", "Up"]) {
    await synthetic(page, "keydown", { key, code: "" });
    await until(page, 1);
    await synthetic(page, "keyup", { key, code: "" });
    await until(page, 0);
    // Of this one no release is told.
    await synthetic(page, "keydown", { key, code: "Unidentified" });
    await until(page, 1);
    await until(page, 0);
  }
  await page.context().close();
});

test("a release counts wherever the page is by then", async () => {
  const { page, down, up } = await playing();
  await down("ArrowLeft");
  await until(page, 1);
  // The focus moves to a button of the page while the key is down.
  await page.getByRole("button", { name: "Full screen" }).focus();
  await up("ArrowLeft");
  await until(page, 0);
  await page.context().close();
});

test("the legend shows what stands on this keyboard, once a key was pressed", async () => {
  const page = await person(browser);
  // As Firefox and Safari, which do not tell the layout.
  await page.addInitScript(() => Object.defineProperty(navigator, "keyboard", { value: undefined }));
  await begin(page, edge.url, "slime_human_human");
  const other = await page.context().newPage();
  await begin(other, edge.url, "slime_human_human");
  await Promise.all([state(page, "running"), state(other, "running")]);
  const cap = (page) => page.locator("kbd[data-code=KeyW]");
  const seat = (await cap(page).count()) > 0 ? page : other;
  assert.equal(await cap(seat).first().innerText(), "W");
  await synthetic(seat, "keydown", { key: "z", code: "KeyW" });
  await synthetic(seat, "keyup", { key: "z", code: "KeyW" });
  await cap(seat).first().filter({ hasText: "Z" }).waitFor();
  await page.context().close();
});

test("what is released beside the page or taken by the system is held no longer", async () => {
  const page = await person(browser, { viewport: { width: 500, height: 700 }, hasTouch: true, isMobile: true });
  await begin(page, edge.url, "slime_human_ai");
  await state(page, "running");
  const pad = page.locator(".pad").first();
  const box = await pad.boundingBox();
  const press = async () => {
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await until(page, 1);
  };
  await press();
  await page.mouse.move(-60, -60);
  await page.mouse.up();
  await until(page, 0);
  await press();
  await page.evaluate(() => document.querySelector(".pad.held").dispatchEvent(new PointerEvent("pointercancel", { pointerId: 1, bubbles: true })));
  await until(page, 0);
  await page.mouse.up();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("full screen is offered where it exists, and nowhere else", async () => {
  for (const exists of [true, false]) {
    const page = await person(browser);
    // As on an iPhone.
    if (!exists) await page.addInitScript(() => Object.defineProperty(document, "fullscreenEnabled", { value: false }));
    await begin(page, edge.url, "slime_human_ai");
    await state(page, "running");
    assert.equal(await page.getByRole("button", { name: "Full screen" }).isVisible(), exists);
    await page.context().close();
  }
});
