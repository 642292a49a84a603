// No way without an end: whatever a network or a browser refuses, the page leads to an ending, a code and what to do.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { settled } from "../edge/data.mjs";
import { person } from "./chromium.mjs";
import { proxy } from "./proxy.mjs";
import { browser, edge, subject } from "./world.mjs";

const go = (page) => page.locator("#scene form button[type=submit]").first().click();
const code = (page, expected) => page.locator("#code").filter({ hasText: expected }).waitFor({ timeout: 90_000 });

test("where sockets are blocked, the screening says so and gives a code", async () => {
  const network = await proxy(edge.url, { sockets: false });
  const page = await person(browser);
  await page.goto(`${network.url}x/screened_check`);
  await go(page);
  await page.locator("form[data-screening] button:not([disabled])").click({ timeout: 60_000 });
  await page.getByText("does not let the connection through").waitFor();
  await code(page, "SCREENED");
  const who = subject(page);
  const { answers } = await settled(edge, ({ answers }) => answers.some((row) => row.subject_id === who && row.question_id === "verdict"));
  assert.equal(answers.find((row) => row.subject_id === who && row.question_id === "verdict").answer, "socket");
  await page.context().close();
  await network.stop();
});

test("where sockets are blocked, the waiting room ends within the promised time, with a code", async () => {
  const network = await proxy(edge.url, { sockets: false });
  const page = await person(browser);
  await page.goto(`${network.url}x/pair_check`);
  await go(page);
  await page.getByText("Some networks at work or at school").first().waitFor({ timeout: 60_000 });
  // The wait is eight seconds; the page asks every fifteen.
  await code(page, "WAITED");
  assert.ok(network.refused() > 3, `${network.refused()} sockets were refused`);
  const { sessions } = await settled(edge, ({ sessions }) => sessions.some((row) => row.subject_id === subject(page) && row.ending));
  assert.equal(sessions.find((row) => row.subject_id === subject(page)).ending, "lobby_timeout");
  await page.context().close();
  await network.stop();
});

test("a browser that keeps no cookie takes part all the same, and comes back by its address", async () => {
  const network = await proxy(edge.url, { cookies: false });
  const page = await person(browser);
  await page.goto(`${network.url}x/pair_check?PROLIFIC_PID=nocookies`);
  await page.locator("section[data-kind=start]").waitFor();
  await page.reload();
  await go(page);
  await page.locator("section[data-kind=game]").waitFor();
  assert.match(page.url(), /\/x\/pair_check\/[0-9a-fs]+\.[\w-]{22}$/, "the address proves who it is");
  await page.reload();
  await code(page, "WAITED");
  const who = subject(page).split(".")[0];
  await settled(edge, ({ sessions }) => sessions.some((row) => row.subject_id === who && row.ending));
  const db = await edge.mf.getD1Database("DB");
  const { external } = await db.prepare("SELECT external FROM identifiers WHERE subject_id = ?").bind(who).first();
  assert.deepEqual(JSON.parse(external), { PROLIFIC_PID: "nocookies" });
  // A key of somebody else opens nothing.
  const forged = await fetch(page.url().replace(/.{22}$/, "A".repeat(22)));
  assert.equal(forged.status, 403);
  await page.context().close();
  await network.stop();
});

test("a browser that keeps nothing at all takes part", async () => {
  const page = await person(browser);
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    for (const storage of ["sessionStorage", "localStorage"]) Object.defineProperty(window, storage, { get: refuse });
  });
  await page.goto(`${edge.url}x/pair_check`);
  await go(page);
  await page.locator("#overlay").filter({ hasText: "1 of 2" }).waitFor();
  await code(page, "WAITED");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("who walked away from the waiting room is led to the code by the page itself", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}x/pair_check`);
  await go(page);
  await page.getByText("No match this time").first().waitFor({ timeout: 30_000 });
  await page.getByText(/Continuing in \d+ s/).waitFor();
  await code(page, "WAITED");
  await page.context().close();
});

test("without scripts there is a way to the end and a code", async () => {
  for (const study of ["screened_check", "pair_check"]) {
    const page = await person(browser, { javaScriptEnabled: false });
    await page.goto(`${edge.url}x/${study}`);
    await page.locator("button").click();
    await page.getByRole("button", { name: "End the study" }).click();
    await page.getByText("does not work without JavaScript").waitFor();
    await page.getByRole("button", { name: "Finish" }).click();
    await code(page, "SCREENED");
    await page.context().close();
  }
});

test("a browser whose program does not load, or that is too old, comes to an end as well, and the data say why", async () => {
  for (const [what, why, prepare] of [
    ["did not load", "not_loaded", (page) => page.route("**/*.wasm", (route) => route.abort())],
    ["too old", "too_old", (page) => page.addInitScript(() => delete window.ResizeObserver)],
  ]) {
    for (const study of ["screened_check", "pair_check"]) {
      const page = await person(browser);
      await page.goto(`${edge.url}x/${study}`);
      await go(page);
      const who = subject(page);
      await page.locator("form[data-screening], section[data-kind=game]").first().waitFor({ state: "attached" });
      await prepare(page);
      await page.reload();
      await page.getByText(what).waitFor();
      assert.equal(await page.getByText("JavaScript").count(), 0, "scripts run");
      await page.getByRole("button", { name: "End the study" }).click();
      await page.getByText(what).waitFor();
      await page.getByRole("button", { name: "Finish" }).click();
      await code(page, "SCREENED");
      const is = (row) => row.subject_id === who && row.kind === "no_program";
      const { events } = await settled(edge, ({ events }) => events.some(is));
      assert.equal(events.find(is).detail, why);
      await page.context().close();
    }
  }
});

test("a button that is pressed before the program is there waits for it, and goes by itself where it never comes", async () => {
  for (const comes of [true, false]) {
    const page = await person(browser);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/client_bg.wasm", async (route) => {
      await held;
      await (comes ? route.continue() : route.abort());
    });
    const documents = [];
    page.on("request", (request) => request.isNavigationRequest() && documents.push(request.method()));
    await page.goto(`${edge.url}x/pair_check`, { waitUntil: "commit" });
    const button = page.locator("#scene form button[type=submit]");
    await button.waitFor();
    await page.waitForFunction(() => performance.getEntriesByType("resource").some((entry) => entry.name.endsWith("/client.js")));
    await button.click({ noWaitAfter: true });
    await page.locator("form[aria-busy=true]").waitFor();
    release();
    // Where the program comes, the same page goes on; otherwise the browser sends the form, and the next page, whose program
    // does not come either, says so.
    await page.locator(`section[data-kind=${comes ? "game" : "problem"}]`).waitFor({ state: "attached" });
    assert.deepEqual(documents, comes ? ["GET", "GET"] : ["GET", "GET", "POST", "GET"], `${comes}`);
    await page.context().close();
  }
});

test("in MTurk's frame, on another site, people look at the task, take part and hand it in", async () => {
  const worker = "workerId=W&assignmentId=A1&hitId=H&turkSubmitTo=https%3A%2F%2Fworkersandbox.mturk.com";
  const preview = "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=H";
  const frame = (query) => `<!doctype html><iframe src="${edge.url}x/screened_check?${query}" width="900" height="700"></iframe>`;
  const site = createServer((request, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(frame(request.url === "/preview" ? preview : worker));
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  // Another site than that of the edge, which is at 127.0.0.1.
  const url = `http://localhost:${site.address().port}/`;
  const page = await person(browser);
  const task = page.frameLocator("iframe");
  await page.goto(`${url}preview`);
  await task.getByText("This is a preview").waitFor();
  assert.equal(await task.locator("form, button").count(), 0);

  await page.goto(url);
  await task.locator("section[data-kind=start]").waitFor();
  await task.locator("#scene form button").click();
  await task.locator("form[data-screening] button:not([disabled])").click({ timeout: 60_000 });
  await task.locator("#code").filter({ hasText: "DONE" }).waitFor();
  const form = task.locator('form[action*="mturk"]');
  assert.equal(await form.getAttribute("action"), "https://workersandbox.mturk.com/mturk/externalSubmit");
  const handed = page.waitForRequest("https://workersandbox.mturk.com/**");
  await page.route("https://workersandbox.mturk.com/**", (route) => route.fulfill({ body: "Thank you, worker." }));
  await form.getByRole("button", { name: "Submit to MTurk" }).click();
  const sent = new URLSearchParams((await handed).postData());
  assert.deepEqual([sent.get("assignmentId"), sent.get("completion_code")], ["A1", "DONE"]);
  await task.getByText("Thank you, worker.").waitFor();
  assert.deepEqual(page.problems.filter((problem) => !/403|frame/.test(problem)), []);
  await page.context().close();
  await new Promise((resolve) => site.close(resolve));
});
