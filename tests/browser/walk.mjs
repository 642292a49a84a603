// Steps of a participant in a browser through the scenes of `slime_with_a_stranger`.
import { state } from "./chromium.mjs";

export const STUDY = "slime_with_a_stranger";

/** The id of the scene that is shown. */
export const scene = (page) => page.locator("#scene [data-scene]").getAttribute("data-scene");

/** Until that scene is shown. */
export const at = (page, id, timeout = 60_000) => page.locator(`#scene [data-scene="${id}"]`).waitFor({ timeout });

/** Until the page's program runs: the page itself can be there before. */
export const live = (page) => page.waitForFunction(() => document.body.dataset.state);

/** Presses the button that leads on. */
export async function go(page) {
  await live(page);
  await page.locator("#scene form button[type=submit]").click();
}

const STEPS = {
  async consent(page) {
    await go(page);
  },
  async screening(page) {
    await page.locator("form[data-screening] button:not([disabled])").waitFor();
    await go(page);
  },
  async instructions(page) {
    await go(page);
  },
  async comprehension(page) {
    await page.getByLabel("When the ball touches the ground on my side").check();
    await page.getByLabel("Up arrow").check();
    await go(page);
  },
  async practice(page) {
    await state(page, "running", "countdown", "finished", "page");
  },
  async before_the_match(page) {
    await go(page);
  },
  async first_game(page) {
    // Whoever is asked again, because somebody of the group came anew, says so again.
    const ready = page.getByRole("button", { name: /ready/i });
    const begun = state(page, "gathering", "countdown", "running", "paused", "finished", "page").then(() => true);
    const asked = () => ready.waitFor({ timeout: 120_000 }).then(() => false);
    while (!(await Promise.race([begun, asked()]))) {
      await ready.click();
      await ready.waitFor({ state: "hidden" });
    }
  },
  async between(page) {
    await go(page);
  },
  async survey(page) {
    await page.locator("[data-question=fun] input").nth(5).check();
    await page.locator("[data-question=together] input").nth(2).check();
    const skill = page.locator("[data-question=skill] input");
    await skill.focus();
    await skill.press("ArrowRight");
    await page.getByLabel("Jumping a lot").check();
    await page.getByLabel("A person").check();
    await page.getByLabel("How old are you?").fill("34");
    await go(page);
  },
};

/** Goes from scene to scene until `last` is shown; `look` sees each page first. */
export async function walk(page, last, look = async () => {}) {
  const order = [...Object.keys(STEPS).slice(0, 8), "second_game", "survey", "end"];
  let here = await scene(page);
  while (here !== last) {
    await look(page, here);
    await (STEPS[here] ?? (async () => {}))(page);
    const next = order[order.indexOf(here) + 1];
    await at(page, next, 180_000);
    here = next;
  }
  await look(page, last);
}
