// A researcher in Chromium: signs in, opens a game that was played, and watches it again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decode, encode } from "@msgpack/msgpack";

import { csvOf, environments, settled } from "../edge/data.mjs";
import { Participant } from "../edge/participant.mjs";
import { person } from "./chromium.mjs";
import { browser, edge, TOKEN } from "./world.mjs";

const STUDY = "slime_human_human";
const ORANGE = [240, 110, 70];
const BLUE = [80, 170, 250];
let game, tables, replay, playing;

/** Two people without browsers play a game, once; what they press changes now and then. */
const played = () => (playing ??= play());

async function play() {
  const digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
  const people = await Promise.all([1, 2].map(() => new Participant(edge.url).enter(STUDY)));
  for (const one of people) await one.leave("start");
  await Promise.all(people.map((one) => one.match("game")));
  await Promise.all(people.map((one) => one.sit(digest)));
  people.forEach((one) => one.live());
  const typing = setInterval(() => people.forEach((one) => one.hold(Math.floor(Math.random() * 8))), 250);
  await Promise.all(people.map((one) => one.socket.ended));
  clearInterval(typing);
  for (const one of people) assert.equal(await one.leave("game"), 303);
  await Promise.all(people.map((one) => one.complete()));
  const { seats } = await settled(edge, ({ seats }) => people.every((one) => seats.some((row) => row.subject_id === one.subject)));
  game = seats.find((row) => row.subject_id === people[0].subject).game_id;
  const agents = seats.filter((row) => row.game_id === game).sort((a, b) => (a.agent < b.agent ? -1 : 1));
  tables = await Promise.all(agents.map((seat) => csvOf(edge, STUDY, "game", seat.subject_id)));
  const bucket = await edge.mf.getR2Bucket("DATA");
  const stored = await (await bucket.get(`data/${STUDY}/replays/${game}.msgpack`)).arrayBuffer();
  replay = decode(Buffer.from(stored), { useBigInt64: true });
}

/** A window that is signed in. */
async function researcher(options = {}) {
  await played();
  const page = await person(browser, { acceptDownloads: true, ...options });
  const answer = await page.request.post(`${edge.url}admin/sign-in`, { form: { token: TOKEN, to: "/admin" }, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
  return page;
}

/** The page of the game, once it is checked and at that place. */
async function watch(page, hash = "") {
  await page.goto(`${edge.url}admin/x/${STUDY}/games/${game}${hash}`);
  await page.locator("#controls:not([disabled])").waitFor();
  await page.locator("#row-body").waitFor();
  return page;
}

/** Where it says it is. */
const place = (page) =>
  page.evaluate(() => ({
    episode: Number(document.querySelector("#episode").value),
    step: Number(document.querySelector("#scrub").value),
    steps: Number(document.querySelector("#scrub").max),
  }));

/** The shown row by column. */
const row = (page) =>
  page.evaluate(() => Object.fromEntries(
    [...document.querySelectorAll("#columns tbody tr:not(.group)")].map((line) => [line.children[0].textContent, line.children[1].textContent]),
  ));

const stored = (agent, episode, step) =>
  tables[agent].rows.find((row) => Number(row.episode) === episode && Number(row.step) === step);

/** How many pixels of a colour each picture has, and where they are on average, as a part of its width. */
const find = (page, [r, g, b]) =>
  page.evaluate(([r, g, b]) => [...document.querySelectorAll("#views canvas")].map((canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let [count, x] = [0, 0];
    for (let k = 0; k < data.length; k += 4) {
      if (Math.max(Math.abs(data[k] - r), Math.abs(data[k + 1] - g), Math.abs(data[k + 2] - b)) > 12) continue;
      count += 1;
      x += (k / 4) % width;
    }
    return { count, x: x / count / width };
  }), [r, g, b]);

const painted = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 60_000 }), press()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("from the token to the game in four steps", async () => {
  await played();
  const page = await person(browser);
  await page.goto(`${edge.url}admin`);
  await page.getByLabel("Token").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "not the token" }).waitFor();
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(`a[href="/admin/x/${STUDY}"]`).click();
  await page.getByRole("link", { name: `Replay of game ${game}` }).click();
  await page.locator("#controls:not([disabled])").waitFor();
  const ticks = replay.episodes.reduce((sum, episode) => sum + episode.actions.length, 0);
  assert.match(await page.locator("#verdict").innerText(), new RegExp(`Every digest holds: ${ticks} steps in 5 episodes`));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  await page.context().close();
});

test("a link on another site leads who is signed in to the very step", async () => {
  const page = await researcher();
  const path = `${edge.url}admin/x/${STUDY}/games/${game}#e2s5`;
  await page.goto(`data:text/html,<a href="${path.replace("#", "%23")}">look</a>`);
  await page.getByRole("link").click();
  await page.locator("#controls:not([disabled])").waitFor();
  assert.deepEqual([(await place(page)).episode, (await place(page)).step], [2, 5]);
  await page.context().close();
});

test("the row beside the picture is the one of the file, wherever one goes, for both seats", async () => {
  const page = await watch(await researcher(), "#e1s7");
  assert.deepEqual(await place(page), { episode: 1, step: 7, steps: replay.episodes[1].actions.length });
  const { header } = tables[0];
  for (const [episode, step] of [[1, 7], [0, 1], [4, replay.episodes[4].actions.length], [2, 20], [2, 19], [0, 31]]) {
    await page.evaluate((hash) => (location.hash = hash), `#e${episode}s${step}`);
    for (const agent of [0, 1]) {
      await page.locator(`input[name=seat][value="${agent}"]`).check();
      await page.waitForFunction((agent) => document.querySelector("#columns tbody")?.innerText.includes(`player_${agent}`), agent);
      const shown = await row(page);
      assert.deepEqual(Object.keys(shown), header);
      assert.deepEqual(shown, stored(agent, episode, step), `player_${agent}, episode ${episode}, step ${step}`);
    }
    // The program's own account of the step, from the simulation and not from the file.
    const told = await page.locator("#views .told").allInnerTexts();
    [0, 1].forEach((agent) => assert.ok(told[agent].includes(`reward: ${stored(0, episode, step)[`rewards.player_${agent}`]}`), told[agent]));
  }
  await page.evaluate(() => (location.hash = "#e0s0"));
  await page.locator("#row-note", { hasText: "before the first one" }).waitFor();
  await page.locator("#filter").fill("REWARD");
  assert.deepEqual(await page.locator("#columns tbody tr:not(.group):visible th").allInnerTexts(), ["rewards.player_0", "rewards.player_1"]);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("an address is followed whenever it changes, also while the page is about to change it itself", async () => {
  const page = await watch(await researcher());
  // Whether or not the page may write the address at once; it does so every 400 ms at most.
  for (const [k, ms] of [0, 450, 0, 380, 400, 420, 900].entries()) {
    // Never where a click has led already: the browser tells nobody of an address that stays the same.
    const step = 30 - 4 * k;
    await page.evaluate(async ([step, ms]) => {
      const click = () => document.querySelector("#ahead").click();
      click();
      if (ms > 0) await new Promise((done) => setTimeout(done, ms));
      location.hash = `#e1s${step}`;
      // Before the browser has told the page.
      click();
    }, [step, ms]);
    await page.waitForFunction((step) => document.querySelector("#where").textContent.startsWith(`${step} of`), step, { timeout: 5_000 });
    assert.equal((await place(page)).episode, 1);
  }
  await page.context().close();
});

test("both seats are painted as the game was, and scrubbing moves them", async () => {
  const page = await watch(await researcher());
  await painted(page);
  const x = (episode, step) => Number(stored(0, episode, step)["observations.player_0.own_x"]);
  const [start, blue] = [await find(page, ORANGE), await find(page, BLUE)];
  assert.equal(start.length, 2);
  for (const { count } of [...start, ...blue]) assert.ok(count > 60, `${count} pixels`);
  // The step at which the left player is furthest from the start.
  const steps = replay.episodes[0].actions.length;
  const far = Array.from({ length: steps }, (_, k) => k + 1).reduce((a, b) => (Math.abs(x(0, b) - x(0, 1)) > Math.abs(x(0, a) - x(0, 1)) ? b : a));
  await page.locator("#scrub").fill(String(far));
  await painted(page);
  assert.equal((await place(page)).step, far);
  const moved = await find(page, ORANGE);
  for (const k of [0, 1]) assert.ok(Math.abs(moved[k].x - start[k].x) > 0.02, `${start[k].x} -> ${moved[k].x}`);
  await page.waitForFunction((far) => location.hash === `#e0s${far}`, far);
  await page.context().close();
});

test("keys and buttons step, play and pause; what has the focus keeps its own keys", async () => {
  const page = await watch(await researcher(), "#e0s20");
  const last = replay.episodes[0].actions.length;
  const second = Math.round(replay.fps);
  for (const [key, step] of [["ArrowRight", 21], ["Shift+ArrowRight", 31], ["ArrowLeft", 30], ["Shift+ArrowLeft", 20], ["PageUp", Math.min(20 + second, last)], ["Home", 0], ["End", last], ["Home", 0]]) {
    await page.keyboard.press(key);
    assert.equal((await place(page)).step, step, key);
  }
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowRight");
  assert.deepEqual([(await place(page)).episode, (await place(page)).step], [1, 0]);
  await page.getByRole("button", { name: "One step back" }).click();
  assert.deepEqual([(await place(page)).episode, (await place(page)).step], [0, last]);
  await page.locator("#episode").selectOption("2");
  assert.deepEqual([(await place(page)).episode, (await place(page)).step], [2, 0]);

  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.waitForFunction(() => Number(document.querySelector("#scrub").value) > 8);
  assert.equal(await page.locator("#status").innerText(), "Playing");
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
  const { step } = await place(page);
  assert.match(await page.locator("#status").innerText(), new RegExp(`^Episode 2, step ${step}`));
  await painted(page);
  assert.equal((await place(page)).step, step, "it stands");
  // Space on a button presses it once, and typing in a field does not move the game.
  await page.locator("#ahead").focus();
  await page.keyboard.press("Space");
  assert.equal((await place(page)).step, step + 1);
  await page.locator("#filter").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  assert.equal((await place(page)).step, step + 1);

  // Eight times as fast, from the last episode's start to the end.
  await page.locator("#speed").selectOption("8");
  await page.locator("#episode").selectOption("4");
  await page.locator("#play").click();
  await page.waitForFunction(() => document.querySelector("#status").innerText.endsWith("the end"));
  const end = await place(page);
  assert.equal(end.step, end.steps);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a picture and a film are saved, and a film can be given up", async () => {
  await played();
  const lengths = replay.episodes.map((episode) => episode.actions.length);
  const shortest = lengths.indexOf(Math.min(...lengths));
  const page = await watch(await researcher(), `#e${shortest}s9`);
  await page.locator('input[name=seat][value="1"]').check();
  const picture = await saved(page, () => page.locator("#picture").click());
  assert.equal(picture.name, `${game}_player_1_e${shortest}_s9.png`);
  assert.deepEqual([...picture.bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  assert.ok(picture.bytes.length > 2_000, `${picture.bytes.length} bytes`);

  await page.locator("#film").click();
  await page.waitForFunction(() => /Cancel \([1-9]/.test(document.querySelector("#film").innerText));
  assert.ok(await page.locator("#play").isDisabled());
  await page.keyboard.press("Home");
  await page.locator("#film").click();
  await page.locator("#export-status", { hasText: "Nothing was saved" }).waitFor();
  assert.ok(await page.locator("#play").isEnabled());

  const film = await saved(page, () => page.locator("#film").click());
  assert.equal(film.name, `${game}_player_1_e${shortest}.webm`);
  assert.deepEqual([...film.bytes.subarray(0, 4)], [0x1a, 0x45, 0xdf, 0xa3]);
  assert.ok(film.bytes.length > 10_000, `${film.bytes.length} bytes`);
  // It plays, and is as long as the episode. Elsewhere: the pages here show no media.
  const elsewhere = await page.context().newPage();
  const seconds = await elsewhere.evaluate(async (base64) => {
    const video = document.createElement("video");
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const source = URL.createObjectURL(new Blob([bytes], { type: "video/webm" }));
    // Recorded films do not know their length until somebody has looked at their end.
    return new Promise((done, fail) => {
      video.onerror = () => fail(new Error(video.error?.message ?? "no film"));
      video.onloadedmetadata = () => (video.currentTime = 1e6);
      video.ontimeupdate = () => video.currentTime > 0 && done(video.currentTime);
      video.src = source;
    });
  }, film.bytes.toString("base64"));
  const length = lengths[shortest] / replay.fps;
  // A machine that cannot keep up films more slowly, and leaves nothing out.
  assert.ok(seconds > length - 0.5 && seconds < 2 * length + 2, `${seconds} s for ${length} s`);
  await page.context().close();
});

test("a game that goes another way is named to the step, and can be watched up to there", async () => {
  await played();
  const bucket = await edge.mf.getR2Bucket("DATA");
  const key = `data/${STUDY}/replays/${game}.msgpack`;
  const put = (changed) => bucket.put(key, encode(changed, { useBigInt64: true }));
  const page = await researcher();
  const verdict = page.locator("#verdict.notice");
  try {
    const other = structuredClone(replay);
    other.episodes[1].digests[10] ^= 1n;
    await put(other);
    await watch(page, "#e1s99");
    assert.match(await verdict.innerText(), /episode 1, step 11: digest .* only those can be watched/);
    assert.deepEqual(await place(page), { episode: 1, step: 10, steps: 10 });
    assert.deepEqual(await row(page), stored(0, 1, 10));

    await put({ ...replay, fingerprint: replay.fingerprint ^ 1n });
    await page.reload();
    await page.locator("#controls:not([disabled])").waitFor();
    assert.match(await verdict.innerText(), /recorded with simulation .* Nevertheless, every digest holds/);

    for (const [changed, words] of [
      [{ ...replay, environment: "chess-v9" }, /cannot be played again here: .*chess-v9/],
      [{ ...replay, format: 9 }, /not a replay this build can read: format 9/],
      [{ ...replay, config: '{"lives":"many"}' }, /cannot be played again here/],
      ["nothing", /not a replay this build can read/],
    ]) {
      await put(changed);
      await page.reload();
      await verdict.waitFor();
      assert.match(await verdict.innerText(), words);
      assert.ok(await page.locator("#play").isDisabled());
    }
    await bucket.delete(key);
    await page.reload();
    await verdict.waitFor();
    assert.match(await verdict.innerText(), /no replay of this game is stored/);
  } finally {
    await put(replay);
  }
  await page.context().close();
});

test("on a phone everything is there, below each other, and nothing is cut off", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await researcher({ viewport: { width: 390, height: 844 }, colorScheme });
    for (const path of ["admin", `admin/x/${STUDY}`]) {
      await page.goto(edge.url + path);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, path);
    }
    await watch(page, "#e0s30");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
    await painted(page);
    const [first, second] = await Promise.all([0, 1].map((k) => page.locator("#views canvas").nth(k).boundingBox()));
    assert.ok(first.width > 280 && second.y > first.y + first.height, JSON.stringify([first, second]));
    await page.context().close();
  }
});
