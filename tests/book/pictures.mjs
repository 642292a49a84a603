// Takes the pictures of the book from the experiment `tour` of the tests' lab: `cargo xtask book --pictures`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { launch, person, state } from "../browser/chromium.mjs";
import { startEdge } from "../../footlights/cli/edge/edge.mjs";

const TO = fileURLToPath(new URL("../../docs/book/src/img", import.meta.url));
mkdirSync(TO, { recursive: true });

const edge = await startEdge({ quiet: true });
const browser = await launch();
try {
  const page = await person(browser, { viewport: { width: 880, height: 600 } });
  const take = async (name) => {
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.activeElement?.blur());
    await page.screenshot({ path: join(TO, `${name}.png`) });
    console.log(name);
  };
  const scene = (id) => page.locator(`#scene [data-scene=${id}]`).waitFor();
  const next = () => page.locator("#scene form button[type=submit]").click();

  await page.goto(`${edge.url}x/tour`);
  await scene("start");
  await take("start");
  await next();
  await scene("screening");
  await page.locator("#scene form button[type=submit]:not([disabled])").waitFor();
  await take("screening");
  await next();
  await scene("page");
  await take("page");
  await next();
  await scene("number");
  await page.locator("input[name=age]").fill("30");
  await take("number");
  await next();
  await scene("text");
  await page.locator("[name=strategy]").fill("Run-up");
  await take("text");
  await next();
  await scene("choice");
  await page.locator("input[name=colour]").first().check();
  await take("choice");
  await next();
  await scene("several");
  await page.locator("input[name=tried]").nth(0).check();
  await page.locator("input[name=tried]").nth(2).check();
  await take("choice-several");
  await next();
  await scene("scale");
  await page.locator("input[name=effort]").nth(4).check();
  await take("scale");
  await next();
  await scene("slider");
  await page.locator("input[type=range]").focus();
  for (let k = 0; k < 12; k += 1) await page.keyboard.press("ArrowRight");
  await take("slider");
  await next();
  await scene("own");
  await page.locator("[name=mood]").fill("fine");
  await take("own");
  await next();
  await scene("check");
  await page.locator("input[name=goal]").first().check();
  await next();
  await page.getByRole("alert").waitFor();
  await take("check");
  await page.locator("input[name=goal]").nth(1).check();
  await next();
  await page.locator("section[data-kind=game]").waitFor();
  await state(page, "lobby");
  await page.locator("#overlay").filter({ hasText: "0:02" }).waitFor();
  await take("waiting");
  await state(page, "running");
  await page.keyboard.down("ArrowRight");
  await page.waitForFunction(() => window.footlights.tick >= 30);
  await page.screenshot({ path: join(TO, "game.png") });
  await page.keyboard.up("ArrowRight");
  await page.evaluate(() => Object.defineProperty(document, "hasFocus", { value: () => false, configurable: true }) && dispatchEvent(new Event("blur")));
  await page.getByText("Please come back to the game.").first().waitFor();
  await page.screenshot({ path: join(TO, "warning.png") });
  await page.evaluate(() => Object.defineProperty(document, "hasFocus", { value: () => true, configurable: true }) && dispatchEvent(new Event("focus")));
  await page.waitForFunction(() => document.body.dataset.state === "finished", null, { timeout: 60_000 });
  await page.getByText("Your data are saved").waitFor();
  await page.screenshot({ path: join(TO, "result.png") });
  await page.locator("section[data-kind=end]").waitFor({ timeout: 30_000 });
  await page.getByText("Your completion code").waitFor();
  await take("end");
} finally {
  await browser.close();
  await edge.stop();
}
