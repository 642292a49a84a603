// Measures in Chromium what two people at a distance see: prints everything measured as one JSON object.
//
//   node browser.mjs '{"rtts": [0, 150, 300], "games": 3, "repetitions": 7}'
//
// The pages are watched from outside of the product: their canvas and the browser's own clock are looked at, nothing that
// the client says of itself is believed.
import { records, csvOf } from "../edge/data.mjs";
import { cable } from "../browser/cable.mjs";
import { begin, launch, person, state } from "../browser/chromium.mjs";
import { STUDY, restless } from "../browser/rollback.mjs";
import { startEdge } from "../../footlights/cli/edge/edge.mjs";

const { rtts, games, repetitions } = JSON.parse(process.argv[2]);
/** One way, ms: round trips from 75 to 225. */
const UNSTEADY = { delay: 37.5, jitter: 75 };
const COLORS = [[240, 110, 70], [80, 170, 250]];

/** Watches frames and keys of a page; runs in it before anything else does. */
function watch() {
  const real = window.requestAnimationFrame.bind(window);
  // The times of the display's frames, whether the page paints in them or not, and when their callbacks ran.
  const frames = [];
  const each = (at) => {
    frames.push({ at, ran: performance.now() });
    real(each);
  };
  real(each);
  let key;
  const watched = { frames, shown: [] };
  /** How much of the colour there is in the area, and where its middle is. A shift by a twentieth of a pixel shows. */
  watched.look = ([r, g, b], { x, y, width, height }) => {
    const { data } = document.querySelector("#stage").getContext("2d").getImageData(x, y, width, height);
    let [count, sx, sy] = [0, 0, 0];
    for (let k = 0; k < data.length; k += 4) {
      const near = Math.max(Math.abs(data[k] - r), Math.abs(data[k + 1] - g), Math.abs(data[k + 2] - b));
      if (near > 12) continue;
      count += 1;
      sx += (k / 4) % width;
      sy += Math.floor(k / 4 / width);
    }
    return { count, x: x + sx / count, y: y + sy / count };
  };
  /** The strip of the canvas in which slimes stand; lives are drawn in the same colours below it. */
  watched.ground = () => {
    const { width, height } = document.querySelector("#stage");
    return { x: 0, y: Math.floor(0.86 * height), width, height: Math.floor(0.07 * height) };
  };
  /** From now on, what moves in that colour was moved by the next key. */
  watched.expect = (color) => {
    const area = watched.ground();
    const { x } = watched.look(color, area);
    const side = area.height + 20;
    Object.assign(area, { x: Math.floor(x - side), width: 2 * side });
    watched.armed = { color, area, before: watched.look(color, area) };
  };
  window.addEventListener("keydown", (event) => {
    if (watched.armed && !event.repeat) {
      key = { ...watched.armed, pressed: event.timeStamp, told: performance.now() };
    }
    watched.armed = undefined;
  }, true);
  window.requestAnimationFrame = (paint) => real((at) => {
    paint(at);
    if (!key) return;
    const now = watched.look(key.color, key.area);
    // Something flew in front of it: that is no movement of its own.
    if (Math.abs(now.count - key.before.count) > 0.05 * key.before.count) return void (key = undefined);
    if (Math.abs(now.x - key.before.x) < 0.05) return;
    const ms = performance.now() - key.pressed;
    // The frame that shows it, and those before it that could have, because the page knew of the key.
    const could = frames.filter((frame) => frame.ran > key.told && frame.at < at).length;
    watched.shown.push({ ms, frames: could + 1 });
    key = undefined;
  });
  window.watched = watched;
}

async function pair(browser, edge, weathers) {
  const lines = await Promise.all(weathers.map((weather, k) => cable(edge.url, weather, 11 + k)));
  const pages = await Promise.all(weathers.map(() => person(browser)));
  for (const page of pages) await page.addInitScript(watch);
  await Promise.all(pages.map((page, k) => begin(page, lines[k].url, STUDY)));
  await Promise.all(pages.map((page) => state(page, "running")));
  const subjects = pages.map((page) => new URL(page.url()).pathname.split("/").at(-1));
  const end = async () => {
    await Promise.all(pages.map((page) => page.locator("section[data-kind=end]").waitFor({ timeout: 60_000 })));
    await Promise.all(pages.map((page) => page.context().close()));
    await Promise.all(lines.map((line) => line.stop()));
  };
  return { pages, subjects, end };
}

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = (page, tick) => page.waitForFunction((tick) => window.footlights.tick >= tick, tick, { polling: 100 });

/** Which colour is whose: the one that moves when that person presses a key and nobody else does. */
async function ownColors([first]) {
  const places = (colors) => colors.map((color) => window.watched.look(color, window.watched.ground()).x);
  const before = await first.evaluate(places, COLORS);
  await first.keyboard.down("ArrowRight");
  const moved = await first.waitForFunction(([colors, before]) => {
    const mine = colors.findIndex((color, k) => Math.abs(window.watched.look(color, window.watched.ground()).x - before[k]) > 5);
    return mine >= 0 && { mine };
  }, [COLORS, before]);
  await first.keyboard.up("ArrowRight");
  const { mine } = await moved.jsonValue();
  return [COLORS[mine], COLORS[1 - mine]];
}

/** Presses a key now and then, at any moment between two frames, until the game is nearly over. */
async function press(page, color) {
  for (let k = 0; (await page.evaluate(() => window.footlights.tick)) < 270; k++) {
    // Stands still by then: the slime stops in the tick in which the key is released.
    await rest(150);
    await page.evaluate((color) => window.watched.expect(color), color);
    await rest(30 + 40 * Math.random());
    const key = k % 2 ? "ArrowLeft" : "ArrowRight";
    await page.keyboard.down(key);
    await rest(100);
    await page.keyboard.up(key);
  }
  return page.evaluate(() => ({ shown: window.watched.shown, said: [...window.footlights.inputToFrameMs] }));
}

async function latency(browser, edge, rtt) {
  const { pages, end } = await pair(browser, edge, [0, 1].map(() => ({ delay: rtt / 2 })));
  await until(pages[0], 10);
  const colors = await ownColors(pages);
  const found = await Promise.all(pages.map((page, k) => press(page, colors[k])));
  await end();
  return found;
}

/** The frames that a page had, and what its file says of rollbacks. */
async function smoothness(browser, edge) {
  const { pages, subjects, end } = await pair(browser, edge, [UNSTEADY, UNSTEADY]);
  const typing = restless(pages);
  await Promise.all(pages.map((page) => until(page, 10)));
  const from = await Promise.all(pages.map((page) => page.evaluate(() => window.watched.frames.length)));
  await Promise.all(pages.map((page) => until(page, 290)));
  const frames = await Promise.all(pages.map((page, k) => page.evaluate((from) => window.watched.frames.slice(from).map(({ at }) => at), from[k])));
  typing();
  await end();
  const files = await Promise.all(subjects.map((subject) => csvOf(edge, STUDY, "game", subject)));
  const column = ({ rows }, name) => rows.map((row) => Number(row[name]));
  return frames.map((frames, k) => ({
    frames,
    rollbacks: column(files[k], "rollback_ticks"),
    stalled_ms: column(files[k], "stalled_ms"),
    rtt_ms: column(files[k], "rtt_ms"),
  }));
}

/** Pages that do nothing but ask for frames: what the machine itself misses. */
async function blank(browser) {
  const pages = await Promise.all([1, 2].map(() => person(browser)));
  const frames = await Promise.all(pages.map((page) => page.evaluate(() => new Promise((resolve) => {
    const frames = [];
    const each = (at) => {
      frames.push(at);
      if (at - frames[0] < 9_300) requestAnimationFrame(each);
      else resolve(frames);
    };
    requestAnimationFrame(each);
  }))));
  await Promise.all(pages.map((page) => page.context().close()));
  return frames.map((frames) => ({ frames }));
}

/** Seconds of undoing and simulating eight ticks again, so many times. */
async function resimulate(browser, edge, times) {
  const page = await person(browser);
  await page.goto(edge.url);
  const seconds = await page.evaluate(async ({ times, repetitions }) => {
    const client = await import("/simulating/client.js");
    await client.default();
    const run = () => client.bench_rollback("slime-volleyball-v0", 8, times);
    run(); // V8 compiles what is hot a second time, better.
    return Array.from({ length: repetitions }, () => {
      const start = performance.now();
      run();
      return (performance.now() - start) / 1000;
    });
  }, { times, repetitions });
  await page.context().close();
  return { times, seconds };
}

const [edge, browser] = await Promise.all([startEdge({ quiet: true }), launch()]);
try {
  const measured = { chromium: browser.version(), latency: [], smooth: [], blank: [] };
  for (const rtt of rtts) {
    for (let k = 0; k < games; k++) measured.latency.push(...(await latency(browser, edge, rtt)).map((found) => ({ rtt, ...found })));
  }
  for (let k = 0; k < games; k++) {
    measured.smooth.push(...(await smoothness(browser, edge)));
    measured.blank.push(...(await blank(browser)));
  }
  measured.resimulate = await resimulate(browser, edge, 20_000);
  measured.desyncs = (await records(edge)).events.filter((row) => row.kind === "desync").length;
  process.stdout.write(JSON.stringify(measured) + "\n");
} finally {
  await browser.close();
  await edge.stop();
}
