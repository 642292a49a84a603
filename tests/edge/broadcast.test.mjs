// Trainers elsewhere, in Python and in Rust, tell of their runs, and people watch them as if they ran in the deployment.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { KillableEdge } from "./killable.mjs";
import { Watcher } from "./watcher.mjs";

const PYTHON = process.env.FOOTLIGHTS_GYMNASIUM;
const TOKEN = "a-token-for-the-tests-of-this-edge";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const skip = PYTHON ? false : "there is no Python";

let edge;
const trainers = [];
before(async () => {
  edge = await startEdge({ quiet: !process.env.LOUD, vars: { FOOTLIGHTS_ADMIN_TOKEN: TOKEN } });
});
after(() => {
  for (const trainer of trainers) trainer.child.kill();
  return edge.stop();
});

/** A trainer's process. */
class Trainer {
  constructor(url, run, token = TOKEN) {
    const model = here("../../examples/models/hamlet_ep50.onnx");
    this.child = spawn(PYTHON, [here("trainer.py"), here("../../python"), url, run, token, model], { stdio: ["pipe", "pipe", "pipe"] });
    this.words = "";
    this.child.stderr.on("data", (data) => (this.words += data));
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    trainers.push(this);
    this.ended = new Promise((resolve) => this.child.on("exit", resolve));
  }

  do(what, more = {}) {
    this.child.stdin.write(`${JSON.stringify({ do: what, ...more })}\n`);
  }

  async said() {
    const { value, done } = await this.lines.next();
    assert.ok(!done, this.words);
    return JSON.parse(value);
  }

  /** Until its words have that. */
  async logged(wanted) {
    const end = Date.now() + 20_000;
    while (!this.words.includes(wanted)) {
      assert.ok(Date.now() < end, `${wanted} is not in: ${this.words}`);
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }
}

test("a trainer in Python is watched, and its model can be played", { skip }, async () => {
  const viewer = await Watcher.open(edge.url, { path: `/ws/training?run=anna&token=${TOKEN}` });
  viewer.say("show", { picture: true });
  const trainer = new Trainer(edge.url, "anna");
  assert.deepEqual(await trainer.said(), { accepted: true, viewers: 1 });
  const started = await viewer.next("training_started");
  assert.deepEqual([started.num_episodes, started.environment], [30, "hamlet-v0"]);
  trainer.do("episodes", { numbers: [1, 2] });
  await viewer.next("episode_complete");
  assert.equal((await viewer.next("episode_complete")).avg_reward_5, 1.5);
  assert.deepEqual((await viewer.next("metrics")).values, { "train/loss": 0.25 });
  trainer.do("frame");
  assert.equal((await viewer.next("frame")).step, 3);
  const end = Date.now() + 10_000;
  const shown = () => viewer.messages.find(({ picture }) => picture)?.picture;
  while (!shown() && Date.now() < end) await new Promise((wake) => setTimeout(wake, 50));
  assert.equal(Buffer.from(shown()).toString("latin1", 1, 4), "PNG");
  trainer.do("checkpoint", { label: "ep2" });
  assert.equal((await viewer.next("checkpoint_saved")).model, "anna_ep2");
  const session = await Watcher.open(edge.url);
  session.say("load_model", { model: "anna_ep2" });
  assert.equal((await session.next("model_loaded")).model, "anna_ep2");
  session.say("step");
  assert.equal((await session.next("state_update")).q_values.length, 5);
  await session.leave();
  // A lab can take the file for a seat of its studies.
  const file = await fetch(`${edge.url}api/models/anna_ep2.onnx`);
  const own = readFileSync(here("../../examples/models/hamlet_ep50.onnx"));
  assert.ok(own.equals(Buffer.from(await file.arrayBuffer())), "the file is the one that was sent");
  const { details } = await (await fetch(`${edge.url}api/models`)).json();
  assert.equal(file.headers.get("etag"), `"${details.find(({ name }) => name === "anna_ep2").digest}"`);
  for (const wrong of ["nobody.onnx", "anna_ep2", "..%2fraw.onnx"]) {
    assert.equal((await fetch(`${edge.url}api/models/${wrong}`)).status, 404, wrong);
  }
  // What is no model is refused where the trainer looks, and is in no list.
  trainer.do("nonsense", { label: "broken" });
  await trainer.logged("The model anna_broken could not be saved");
  const { models } = await (await fetch(`${edge.url}api/models`)).json();
  assert.deepEqual([models.includes("anna_ep2"), models.includes("anna_broken")], [true, false]);
  // Who controls the run controls the trainer.
  viewer.say("pause");
  await viewer.next("paused");
  viewer.say("stop");
  for (;;) {
    trainer.do("state");
    if ((await trainer.said()).stopped) break;
  }
  trainer.do("close");
  assert.deepEqual(await trainer.said(), { closed: true });
  await viewer.next("training_complete");
  assert.equal(await trainer.ended, 0);
  await viewer.leave();
});

test("only a trainer with the token tells of a run", { skip }, async () => {
  assert.deepEqual(await new Trainer(edge.url, "anna", "wrong").said(), { refused: "The token is wrong." });
  assert.match((await new Trainer("http://127.0.0.1:9", "anna").said()).refused, /cannot be reached/);
  // In a browser there is no header; a token in the address is for those who watch.
  const stranger = await Watcher.open(edge.url, { path: `/ws/training/publish?token=${TOKEN}` });
  assert.match((await stranger.next("error")).message, /token/);
  await stranger.ended;
});

test("a trainer goes on after the process was killed, and nothing that it said is lost", { skip }, async () => {
  const killable = new KillableEdge(["FOOTLIGHTS_TRAINING=open"]);
  try {
    await killable.start();
    const trainer = new Trainer(killable.url, "long", "unused-as-it-is-open");
    assert.match(JSON.stringify(await trainer.said()), /refused/, "a token that is given must be right");
    const open = new Trainer(killable.url, "long", "");
    assert.deepEqual(await open.said(), { accepted: true, viewers: 0 });
    open.do("episodes", { numbers: [1, 2, 3] });
    await new Promise((wake) => setTimeout(wake, 9_000));
    open.do("episodes", { numbers: [4] });
    await new Promise((wake) => setTimeout(wake, 1_000));
    await killable.kill();
    open.do("episodes", { numbers: [5, 6] });
    await open.logged("the connection is lost");
    await killable.start();
    const viewer = await Watcher.open(killable.url, { path: "/ws/training?run=long" });
    await viewer.next("history");
    await viewer.next("trainer");
    while ((await viewer.next("episode_complete")).episode < 6);
    await viewer.leave();
    const late = await Watcher.open(killable.url, { path: "/ws/training?run=long" });
    const { episodes } = await late.next("history");
    assert.deepEqual(episodes.map(({ episode }) => episode), [1, 2, 3, 4, 5, 6]);
    open.do("close");
    await late.next("training_complete");
    await late.leave();
    await open.ended;
  } finally {
    await killable.stop();
  }
});

test("a training on a researcher's machine is watched live, stopped from the page, and its models can be played", { skip: !process.env.FOOTLIGHTS_XTASK }, async () => {
  const teacher = await Watcher.open(edge.url, { path: `/ws/training?run=native&token=${TOKEN}` });
  teacher.say("show", { picture: true });
  const folder = mkdtempSync(join(tmpdir(), "footlights-train-"));
  try {
    const out = join(folder, "agent.onnx");
    const options = ["train", "--env", "hamlet-v0", "--out", out, "--steps", "100000000", "--keep", `10000=${join(folder, "early.onnx")}`, "--evaluate", "2"];
    const native = spawn(process.env.FOOTLIGHTS_XTASK, [...options, "--broadcast", edge.url, "--run", "native"], {
      env: { ...process.env, FOOTLIGHTS_ADMIN_TOKEN: TOKEN },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    native.stderr.on("data", (data) => (words += data));
    const ended = new Promise((resolve) => native.on("exit", resolve));
    assert.equal((await teacher.next("training_started")).environment, "hamlet-v0");
    assert.equal((await teacher.next("frame")).step, 1);
    assert.equal((await teacher.next("frame")).step, 2);
    assert.equal((await teacher.next("checkpoint_saved", 60_000)).model, "native_step10000");
    assert.ok((await teacher.next("metrics")).values["steps a second"] > 0);
    teacher.say("stop");
    assert.equal((await teacher.next("checkpoint_saved", 60_000)).model, "native_final");
    await teacher.next("training_complete");
    assert.equal(await ended, 0, words);
    assert.ok(existsSync(out), "what was learnt until then is written here, too");
    assert.ok(teacher.messages.some(({ picture }) => picture), "pictures came");
  } finally {
    rmSync(folder, { recursive: true });
    await teacher.leave();
  }
});
