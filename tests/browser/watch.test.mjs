// A student watches agents, and a teacher trains one before the class.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import WebSocket from "ws";

import { person, state } from "./chromium.mjs";
import { TOKEN, browser, edge } from "./world.mjs";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

const part = (page, name) => page.locator(`[data-part="${name}"]`).first();
const step = (page) => part(page, "step").innerText().then(Number);

async function axe(page) {
  await page.evaluate(AXE);
  const { passes, violations } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(passes.length > 5, "axe looked at something");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** How many pixels of a canvas are painted. */
const painted = (page, selector) => page.locator(selector).first().evaluate((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let k = 3; k < data.length; k += 4) count += data[k] > 0;
  return count / (data.length / 4);
});

test("a student picks a checkpoint, watches it at their own pace, and comes back to a moment by a link", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}watch`);
  await state(page, "ready");
  await part(page, "model").selectOption("trained_agent");
  await page.getByText("trained_agent plays now.").waitFor();
  assert.match(await part(page, "about").innerText(), /3,000,000 steps of training, mean reward \+870\.5/);
  await part(page, "speed").fill("10");
  await part(page, "play").click();
  await page.waitForFunction(() => Number(document.querySelector('[data-part="step"]').textContent) > 60);
  await page.locator("h1").click();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play" }).waitFor();
  const before = await step(page);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((before) => Number(document.querySelector('[data-part="step"]').textContent) === before + 1, before);
  assert.deepEqual(await page.locator('[data-part="meters"] .name').allInnerTexts(), ["Energy", "Hygiene", "Satiation", "Money", "Mood", "Social"]);
  assert.deepEqual(await page.locator('[data-part="actions"] .name').allInnerTexts(), ["up", "down", "left", "right", "interact"]);
  assert.ok((await painted(page, ".stage > canvas:not([data-part])")) > 0.99, "the town is painted");
  assert.ok((await painted(page, '[data-part="heat-map"]')) > 0.05, "the heat map is painted");
  await page.keyboard.press("h");
  assert.equal(await painted(page, '[data-part="heat-map"]'), 0);
  assert.deepEqual(await axe(page), []);
  await part(page, "link").click();
  const facts = await Promise.all(["step", "total", "action"].map((name) => part(page, name).innerText()));
  const other = await person(browser);
  await other.goto(page.url());
  await other.waitForFunction((step) => document.querySelector('[data-part="step"]')?.textContent === step, facts[0]);
  assert.deepEqual(await Promise.all(["step", "total", "action"].map((name) => part(other, name).innerText())), facts);
  assert.deepEqual([...page.problems, ...other.problems], []);
  await Promise.all([page.context().close(), other.context().close()]);
});

test("an episode is exported as a film that a player opens", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}watch`);
  await state(page, "ready");
  await part(page, "model").selectOption("checkpoint_ep50");
  await page.getByText("checkpoint_ep50 plays now.").waitFor();
  await part(page, "speed").fill("10");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Film" }).click();
  const film = await saved;
  assert.match(film.suggestedFilename(), /^checkpoint_ep50-seed-\d+-episode-1\.(webm|mp4)$/);
  const address = `data:video/webm;base64,${readFileSync(await film.path()).toString("base64")}`;
  const stage = await page.locator(".stage > canvas:not([data-part])").first().evaluate(({ width, height }) => width / height);
  // Our pages play no films, so another one does.
  const player = await page.context().newPage();
  const seen = await player.evaluate(async (address) => {
    const video = document.createElement("video");
    Object.assign(video, { src: address, muted: true });
    await new Promise((resolve, reject) => Object.assign(video, { onloadeddata: resolve, onerror: () => reject(video.error) }));
    video.playbackRate = 4;
    await video.play();
    await new Promise((resolve) => (video.onended = resolve));
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    const painter = canvas.getContext("2d");
    painter.drawImage(video, 0, 0);
    const { data } = painter.getImageData(0, 0, canvas.width, canvas.height);
    const colors = new Set(Array.from({ length: data.length / 4 }, (_, k) => `${data[4 * k] >> 5},${data[4 * k + 1] >> 5},${data[4 * k + 2] >> 5}`));
    return { seconds: video.currentTime, film: canvas.width / canvas.height, colors: colors.size };
  }, address);
  // 76 steps at fifty a second, less what the recorder takes to begin.
  assert.ok(seen.seconds > 0.3 && seen.seconds < 30, `${seen.seconds} seconds`);
  assert.ok(Math.abs(seen.film - stage) < 0.02, `${JSON.stringify(seen)} of ${stage}`);
  assert.ok(seen.colors > 5, `the town is in it: ${seen.colors} colours`);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a session plays in the browser, and the same at the edge", async () => {
  const told = [];
  for (const query of ["", "?edge"]) {
    const page = await person(browser);
    let sockets = 0;
    page.on("websocket", () => (sockets += 1));
    await page.goto(`${edge.url}watch${query}#model=checkpoint_ep455&seed=7&episode=1&step=40`);
    await page.waitForFunction(() => document.querySelector('[data-part="step"]')?.textContent === "40");
    told.push(await Promise.all(["total", "reward", "action", "meters", "actions"].map((name) => part(page, name).innerText())));
    assert.equal(sockets, query === "" ? 0 : 1);
    await page.context().close();
  }
  assert.deepEqual(told[0], told[1]);
});

test("a page says so of which a file is missing, and plays without charts where only those are", async () => {
  for (const [file, path, told] of [
    ["view.js", "watch", "The page did not load completely."],
    ["watch_bg.wasm", "train", "The page did not load completely."],
    ["uPlot.esm.js", "watch", "Steps of an episode: this browser cannot draw charts."],
  ]) {
    const page = await person(browser);
    await page.route(`**/watch/${file}`, (route) => route.abort());
    await page.goto(`${edge.url}${path}`);
    await page.getByText(told).waitFor();
    if (file === "uPlot.esm.js") {
      await page.waitForFunction(() => document.querySelector('[data-part="model"]').value !== "");
      await part(page, "step-once").click();
      await page.waitForFunction(() => document.querySelector('[data-part="step"]').textContent === "1");
    }
    await page.context().close();
  }
});

test("two checkpoints are compared on one seed", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}watch`);
  await state(page, "ready");
  await page.waitForFunction(() => document.querySelector('[data-part="seed"]').value !== "1");
  await page.locator("#compare").click();
  await page.waitForFunction(() => {
    const [one, other] = [...document.querySelectorAll('[data-part="seed"]')].map((seed) => seed.value);
    return one === other;
  });
  await page.locator('[data-part="model"]').nth(1).selectOption("checkpoint_ep50");
  await page.getByText("checkpoint_ep50 plays now.").waitFor();
  await page.locator("#compare").click();
  assert.equal(await page.locator(".pane").count(), 1);
  await page.context().close();
});

test("a teacher trains before the class, and what was learnt can be watched", async () => {
  const teacher = await person(browser);
  await teacher.goto(`${edge.url}train?run=class#token=${TOKEN}`);
  await state(teacher, "ready");
  const student = await person(browser, { viewport: { width: 360, height: 740 } });
  await student.goto(`${edge.url}train?run=class`);
  await student.getByText("Connected.").waitFor();
  assert.deepEqual(await axe(student), []);
  await student.getByRole("button", { name: "Start the training" }).click();
  await student.getByText("Only who has the token").waitFor();
  const form = teacher.locator("form");
  await form.locator('[name="num_episodes"]').fill("4");
  await form.locator('[name="show_every"]').fill("3");
  await form.locator('[name="step_delay"]').fill("0.02");
  await form.getByRole("button").click();
  await student.waitForFunction(() => Number(document.querySelector('[data-part="step"]').textContent) > 5);
  assert.ok((await painted(student, '[data-part="heat-map"]')) > 0.01, "the heat map is painted");
  await student.getByText("The training is over").waitFor({ timeout: 60_000 });
  assert.equal(await part(student, "episode").innerText(), "4 of 4");
  assert.deepEqual(await axe(student), []);
  await student.getByRole("link", { name: "class_final", exact: true }).click();
  await student.waitForFunction(() => document.querySelector('[data-part="model"]')?.value === "class_final");
  await part(student, "step-once").click();
  await student.waitForFunction(() => document.querySelector('[data-part="step"]').textContent === "1");
  assert.deepEqual(teacher.problems, []);
  await Promise.all([teacher.context().close(), student.context().close()]);
});

test("several agents learn together before a class, and the form suits them", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}train?run=cooks#token=${TOKEN}`);
  await state(page, "ready");
  const form = page.locator("form");
  const field = (name) => form.locator(`[name="${name}"]`);
  assert.equal(await field("learner").inputValue(), "dqn");
  await field("environment").selectOption("overcooked-v0");
  assert.deepEqual([await field("learner").inputValue(), await field("games").inputValue()], ["ppo", "16"]);
  assert.equal(await field("buffer_capacity").isVisible(), false, "what PPO does not have is not asked for");
  await field("config").fill('{"layout": "cramped_room", "horizon": 40');
  await form.getByRole("button").click();
  await page.getByText("The configuration is not JSON").waitFor();
  await field("config").fill('{"layout": "cramped_room", "horizon": 40}');
  await field("num_episodes").fill("64");
  await field("step_delay").fill("0.02");
  await form.getByRole("button").click();
  await page.waitForFunction(() => Number(document.querySelector('[data-part="step"]').textContent) > 5);
  assert.ok((await painted(page, '[data-part="stage"] canvas:not([data-part])')) > 0.5, "the kitchen is drawn");
  assert.ok(await page.getByText("How likely each action was").isVisible());
  await page.getByText("The training is over").waitFor({ timeout: 120_000 });
  assert.deepEqual(await axe(page), []);
  await page.getByRole("link", { name: "cooks_final", exact: true }).click();
  await page.waitForFunction(() => document.querySelector('[data-part="model"]')?.value === "cooks_final");
  await part(page, "step-once").click();
  await page.waitForFunction(() => document.querySelector('[data-part="step"]').textContent === "1");
  // Afterwards they play with what was trained.
  await part(page, "seat").selectOption("0");
  await page.getByText("You play.").waitFor();
  const action = async (name) => page.waitForFunction((name) => document.querySelector('[data-part="action"]').textContent.includes(name), name);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.down("ArrowLeft");
  await action("west");
  await page.keyboard.up("ArrowLeft");
  await action("stay");
  const east = await page.getByRole("button", { name: "east" }).boundingBox();
  await page.mouse.move(east.x + 5, east.y + 5);
  await page.mouse.down();
  await action("east");
  await page.mouse.up();
  await action("stay");
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("pictures and numbers of a trainer elsewhere are shown", async () => {
  const page = await person(browser);
  await page.goto(`${edge.url}train?run=elsewhere`);
  await page.getByText("Connected.").waitFor();
  const trainer = new WebSocket(new URL("/ws/training/publish?run=elsewhere", edge.url.replace("http", "ws")), { headers: { Authorization: `Bearer ${TOKEN}` } });
  await new Promise((resolve) => trainer.once("open", resolve));
  const say = (message) => trainer.send(JSON.stringify(message));
  say({ type: "begin", environment: "a-robot-of-ours", num_episodes: 2 });
  await page.getByText("A training of 2 episodes begins.").waitFor();
  const png = await page.screenshot({ clip: { x: 0, y: 0, width: 120, height: 60 } });
  trainer.send(Buffer.concat([Buffer.from('{"type":"frame","episode":1,"step":7,"reward":1.5}\n'), png]));
  await page.waitForFunction(() => document.querySelector("img.frame")?.naturalWidth === 120);
  assert.equal(await part(page, "step").innerText(), "7");
  say({ type: "metrics", step: 10, values: { "train/loss": 0.5 } });
  say({ type: "metrics", step: 20, values: { "train/loss": 0.25 } });
  await page.locator('[data-number="train/loss"] canvas').waitFor();
  say({ type: "episode", episode: 1, reward: 3, length: 20 });
  await page.waitForFunction(() => document.querySelector('[data-part="avg-reward"]').textContent === "+3.0");
  trainer.terminate();
  await page.getByText("The connection of the trainer is lost.").waitFor();
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
