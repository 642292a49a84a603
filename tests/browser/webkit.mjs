// WebKitGTK, driven by its WebDriver on a screen that nobody sees. A page has the functions of Playwright's that the steps of
// a study use, so that the same steps are walked in every browser.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

import { Builder, Capabilities, Key, error } from "selenium-webdriver";

const KEYS = { ArrowLeft: Key.ARROW_LEFT, ArrowRight: Key.ARROW_RIGHT, ArrowUp: Key.ARROW_UP, Enter: Key.ENTER, Space: Key.SPACE };
const TIMEOUT = 30_000;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A screen, a driver and a window: another person. A driver has one window. */
export async function launch() {
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const [display] = await once(screen.stdio[3], "data");
  const port = await freePort();
  const env = { ...process.env, DISPLAY: `:${display.toString().trim()}`, LIBGL_ALWAYS_SOFTWARE: "1" };
  // The browser belongs to the driver's group of processes, and ends with it.
  const driver = spawn(process.env.WEBKIT_DRIVER_BIN, [`--port=${port}`, "--host=127.0.0.1"], {
    env,
    stdio: "ignore",
    detached: true,
  });
  const capabilities = new Capabilities({
    browserName: "MiniBrowser",
    "webkitgtk:browserOptions": { binary: process.env.WEBKIT_BIN, args: ["--automation"] },
  });
  const window = await retried(() =>
    new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build(),
  );
  await window.manage().setTimeouts({ script: 60_000, pageLoad: 60_000 });
  return {
    page: new Page(window),
    async close() {
      await Promise.race([window.quit().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 5_000))]);
      process.kill(-driver.pid);
      screen.kill();
    },
  };
}

/** The driver listens a moment after it was started. */
async function retried(act, until = Date.now() + 20_000) {
  for (;;) {
    try {
      return await act();
    } catch (failed) {
      if (Date.now() > until) throw failed;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

class Page {
  #window;
  /** Actions of the keyboard come one after the other. */
  #keys = Promise.resolve();

  constructor(window) {
    this.#window = window;
    const act = (name, key) =>
      (this.#keys = this.#keys.then(() => window.actions()[name](KEYS[key] ?? key).perform(), () => {}));
    this.keyboard = { down: (key) => act("keyDown", key), up: (key) => act("keyUp", key) };
  }

  async goto(url) {
    await this.#window.get(url);
    this.address = url;
  }

  async reload() {
    await this.#window.navigate().refresh();
  }

  url() {
    return this.#window.getCurrentUrl();
  }

  evaluate(act, argument) {
    // The page's policy lets no text become a program, so the function is the script.
    const script = `const done = arguments[1]; Promise.resolve((${act})(arguments[0])).then(
      (value) => done({ value }), (error) => done({ error: String(error) }));`;
    return this.#window.executeAsyncScript(script, argument ?? null).then(({ value, error }) => {
      if (error) throw new Error(error);
      return value;
    });
  }

  async waitForFunction(is, argument, { timeout = TIMEOUT } = {}) {
    const end = Date.now() + timeout;
    while (!(await this.evaluate(is, argument))) {
      if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${is}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  locator(css) {
    return new Locator(this.#window, "return [...document.querySelectorAll(arguments[0])]", [css]);
  }

  getByLabel(words) {
    const find = "return [...document.querySelectorAll('label')].filter((label) => label.innerText.includes(arguments[0]))" +
      ".map((label) => label.control).filter(Boolean)";
    return new Locator(this.#window, find, [words]);
  }

  getByRole(role, { name }) {
    const find = "const name = new RegExp(arguments[1], arguments[2]);" +
      "return [...document.querySelectorAll(arguments[0])].filter((element) => name.test(element.innerText))";
    const [source, flags] = name instanceof RegExp ? [name.source, name.flags] : [name, ""];
    return new Locator(this.#window, find, [role, source, flags]);
  }
}

class Locator {
  #window;
  #find;
  #place;

  constructor(window, script, args, place = 0) {
    this.#window = window;
    this.#find = [script, args];
    this.#place = place;
  }

  nth(place) {
    return new Locator(this.#window, ...this.#find, place);
  }

  first() {
    return this;
  }

  async #element() {
    const [script, args] = this.#find;
    const found = await this.#window.executeScript(script, ...args);
    return found[this.#place];
  }

  async waitFor({ state = "visible", timeout = TIMEOUT } = {}) {
    const end = Date.now() + timeout;
    for (;;) {
      const element = await this.#element();
      const shown = element && (await element.isDisplayed().catch(() => false));
      if (state === "hidden" ? !shown : shown) return element;
      if (Date.now() > end) throw new Error(`not ${state} within ${timeout} ms: ${this.#find[1]}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** What is shown can be replaced by the next page in that moment. */
  async #act(act) {
    const end = Date.now() + TIMEOUT;
    for (;;) {
      try {
        return await act(await this.waitFor());
      } catch (failed) {
        const gone = failed instanceof error.StaleElementReferenceError || failed instanceof error.ElementNotInteractableError;
        if (!gone || Date.now() > end) throw failed;
      }
    }
  }

  click() {
    return this.#act((element) => element.click());
  }

  async check() {
    await this.#act((element) => element.click());
  }

  fill(text) {
    return this.#act(async (element) => {
      await element.clear();
      await element.sendKeys(text);
    });
  }

  async focus() {
    await this.#act((element) => this.#window.executeScript("arguments[0].focus()", element));
  }

  press(key) {
    return this.#act((element) => element.sendKeys(KEYS[key] ?? key));
  }

  getAttribute(name) {
    return this.#act((element) => element.getAttribute(name));
  }

  innerText() {
    return this.#act((element) => element.getText());
  }
}
