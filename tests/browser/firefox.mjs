// Firefox as it comes, driven by WebDriver BiDi.
import puppeteer from "puppeteer-core";

export function launch() {
  const executablePath = process.env.FIREFOX_BIN;
  return puppeteer.launch({ browser: "firefox", executablePath, headless: true, timeout: 60_000, protocolTimeout: 60_000 });
}

/** A window of its own: another person. */
export async function person(browser) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.setDefaultTimeout(30_000);
  return page;
}

/** Opens a study as a new participant and presses the button of its first page. */
export async function begin(page, url, experiment) {
  await page.goto(`${url}x/${experiment}`);
  await (await page.waitForSelector("section[data-kind=start] button[type=submit]")).click();
  await page.waitForSelector("section[data-kind=game]");
}
