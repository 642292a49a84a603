// Chromium, and what a test looks at on a page.
import { chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium", args: ARGS });
}

/** A window of its own: another person, with another size or theme if wanted. */
export async function person(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  page.setDefaultTimeout(30_000);
  return page;
}

/** Opens a study as a new participant and presses the button of its first page. */
export async function begin(page, url, experiment) {
  await page.goto(`${url}x/${experiment}`);
  await page.locator("section[data-kind=start] button[type=submit]").click();
  await page.locator("section[data-kind=game]").waitFor();
}

/** Until the page is in one of these states; a failure says in which it is, and what it shows. */
export async function state(page, ...wanted) {
  try {
    await page.waitForFunction((wanted) => wanted.includes(document.body.dataset.state), wanted, { timeout: 120_000 });
  } catch (error) {
    const shown = await page.evaluate(() => ({ state: document.body.dataset.state, scene: document.querySelector("#scene").innerText.slice(0, 500), ...window.footlights })).catch(String);
    throw new Error(`${error.message} ${page.url()} ${JSON.stringify(shown)} ${page.problems.join(" ")}`, { cause: error });
  }
}

/**
 * Where a colour is on the canvas: how many pixels, and their middle as fractions of its width and height. A pixel
 * counts when none of its channels is further than 12 away.
 */
export function find(page, [r, g, b]) {
  return page.evaluate(
    ([r, g, b]) => {
      const canvas = document.querySelector("#stage");
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
      let [count, x, y] = [0, 0, 0];
      for (let k = 0; k < data.length; k += 4) {
        const near = Math.max(Math.abs(data[k] - r), Math.abs(data[k + 1] - g), Math.abs(data[k + 2] - b));
        if (near > 12) continue;
        count += 1;
        x += (k / 4) % width;
        y += Math.floor(k / 4 / width);
      }
      return { count, x: x / count / width, y: y / count / height };
    },
    [r, g, b],
  );
}
