// Watching a training run over /ws/training, as the page of the Hamlet metaserver does it, in workerd.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { KillableEdge } from "./killable.mjs";
import { Watcher } from "./watcher.mjs";

const token = "0123456789abcdef0123";
let edge;

before(async () => {
  edge = await startEdge({ quiet: true, vars: { FOOTLIGHTS_ADMIN_TOKEN: token } });
});
after(() => edge.stop());

const json = async (path) => (await fetch(`${edge.url}${path}`)).json();
const watch = (run, may = false) => Watcher.open(edge.url, { path: `/ws/training?run=${run}${may ? `&token=${token}` : ""}` });

test("a run is watched from its start to its model, which can be watched at once", async () => {
  const [teacher, student] = [await watch("lesson", true), await watch("lesson")];
  assert.equal((await student.next("training_status")).is_training, false);
  teacher.say("start_training", { num_episodes: 6, show_every: 3, step_delay: 0.01 });
  assert.equal((await student.next("training_started")).num_episodes, 6);
  assert.equal((await student.next("episode_start")).epsilon, 1);
  const update = await student.next("state_update");
  assert.deepEqual([update.episode, update.step, update.agents[0].id], [1, 1, "agent_0"]);
  assert.equal(update.agent_meters.agent_0.meters.money, 50);
  const late = await watch("lesson");
  assert.equal((await late.next("training_status")).is_training, true);
  const complete = await student.next("training_complete", 60_000);
  assert.equal(complete.model_saved, "models/lesson_final");
  const episodes = student.messages.filter(({ type }) => type === "episode_complete");
  assert.deepEqual(episodes.map(({ episode }) => episode), [1, 2, 3, 4, 5, 6]);
  const { models, details } = await json("api/models");
  assert.ok(models.includes("lesson_final") && models.includes("lesson_ep1"), `${models}`);
  const detail = details.find(({ name }) => name === "lesson_final");
  assert.ok(detail.digest.length === 16 && detail.training_step > 300, JSON.stringify(detail));
  const { failures } = await json("api/failures?limit=2");
  assert.deepEqual(failures.map(({ episode }) => episode), [6, 5]);
  assert.match(failures[0].reason, /_depleted$/);
  const { summary } = await json("api/failure_summary?agent=agent_0");
  assert.equal(summary.reduce((sum, { count }) => sum + count, 0), 6);
  assert.equal((await fetch(`${edge.url}api/failures?min_episode=x`)).status, 422);

  const viewer = await Watcher.open(edge.url);
  viewer.control("load_model", { model: "lesson_final.onnx" });
  await viewer.next("model_loaded");
  viewer.control("step");
  assert.equal((await viewer.next("state_update")).q_values.length, 5);
  await Promise.all([teacher, student, late, viewer].map((watcher) => watcher.leave()));
});

test("only who has the token controls a run, and what is wrong is answered", async () => {
  const [teacher, student] = [await watch("rights", true), await watch("rights")];
  student.say("start_training");
  assert.match((await student.next("error")).message, /token/);
  for (const [fields, why] of [
    [{ num_episodes: 0 }, /num_episodes/],
    [{ show_every: 0 }, /show_every/],
    [{ environment: "pendulum-v1" }, /discrete/],
    [{ learner: "magic" }, /learner/],
  ]) {
    teacher.say("start_training", fields);
    assert.match((await teacher.next("error")).message, why);
  }
  teacher.say("start_training", { num_episodes: 1000, show_every: 1, step_delay: 0.05 });
  await student.next("state_update");
  teacher.say("pause");
  await student.next("paused");
  teacher.say("resume");
  await student.next("resumed");
  teacher.say("stop");
  assert.equal((await student.next("training_complete")).stopped, true);
  await Promise.all([teacher.leave(), student.leave()]);
  const wrong = await Watcher.open(edge.url, { path: "/ws/training?run=rights&token=wrong" });
  assert.notEqual((await wrong.ended).code, 1000);
});

test("forty who leave abruptly and a session beside it change nothing for a run", async () => {
  const teacher = await watch("crowd", true);
  teacher.say("start_training", { num_episodes: 8, show_every: 4, step_delay: 0.01 });
  await teacher.next("state_update");
  const session = await Watcher.open(edge.url);
  session.say("load_model", { model: "trained_agent" });
  await session.next("model_loaded");
  session.say("play");
  for (let k = 0; k < 40; k += 1) {
    const visitor = await watch("crowd");
    if (k % 3 === 0) visitor.ws.send("nonsense");
    if (k % 2 === 0) visitor.ws.terminate();
    else visitor.ws.close();
  }
  await teacher.next("training_complete", 60_000);
  // Ten steps a second are due while the run works; a run that held up others would leave hardly any.
  const steps = session.messages.filter(({ type }) => type === "state_update");
  const due = (steps.at(-1).at - steps[0].at) / 100;
  assert.ok(steps.length > due / 2, `${steps.length} of ${due.toFixed(0)} steps`);
  await Promise.all([teacher.leave(), session.leave()]);
});

test("a run goes on after a killed process and ends with its model", async () => {
  const killable = new KillableEdge(["FOOTLIGHTS_TRAINING=open"]);
  try {
    await killable.start();
    const teacher = await Watcher.open(killable.url, { path: "/ws/training?run=killed" });
    teacher.say("start_training", { num_episodes: 100_000, show_every: 100_000, step_delay: 0, save_every: 100_000, network: [32] });
    // Far enough that it was stored more than once.
    const lived = () => teacher.messages.filter(({ type }) => type === "episode_complete");
    const began = performance.now();
    while (performance.now() - began < 18_000) await teacher.next("episode_complete", 60_000);
    const before = lived().at(-1).episode;
    await killable.kill();
    await teacher.ended;
    await killable.start();
    const again = await Watcher.open(killable.url, { path: "/ws/training?run=killed" });
    const status = await again.next("training_status");
    assert.deepEqual([status.is_training, status.total_episodes], [true, 100_000]);
    const { episodes } = await again.next("history");
    const known = episodes.at(-1).episode;
    // It is stored every eight seconds: no more than ten seconds of work are lost.
    const lost = lived().filter(({ episode }) => episode > known);
    const seconds = lost.length > 0 ? (lived().at(-1).at - lost[0].at) / 1000 : 0;
    assert.ok(known <= before && seconds < 10, `${known} of ${before} episodes are known, ${seconds.toFixed(1)} s are lost`);
    again.say("stop");
    assert.equal((await again.next("training_complete", 60_000)).model_saved, "models/killed_final");
    const { models } = await (await fetch(`${killable.url}api/models`)).json();
    assert.ok(models.includes("killed_final"), `${models}`);
    await again.leave();
  } finally {
    await killable.stop();
  }
});

test("actors in objects of their own learn for one run, and a killed process costs nothing but time", async () => {
  const killable = new KillableEdge(["FOOTLIGHTS_TRAINING=open"]);
  try {
    await killable.start();
    const open = () => Watcher.open(killable.url, { path: "/ws/training?run=crew" });
    const teacher = await open();
    const config = { layout: "cramped_room", horizon: 40 };
    teacher.say("start_training", { learner: "ppo", environment: "overcooked-v0", config, actors: 2, games: 4, network: [16], num_episodes: 100_000, save_every: 50, step_delay: 0.5 });
    assert.equal((await teacher.next("state_update")).agents.length, 2);
    for (let number = 1; number <= 60; number++) assert.equal((await teacher.next("episode_complete")).episode, number);
    // A game is shown here, and its first episode is not over after forty half seconds: the two learn elsewhere.
    const shown = teacher.messages.filter(({ type }) => type === "state_update");
    assert.ok(shown.length < 40 && shown.every(({ episode }) => episode === 1), `${shown.length} steps were shown`);
    assert.equal((await teacher.next("checkpoint_saved")).model, "crew_ep50");
    // Until it was stored once.
    const began = performance.now();
    while (performance.now() - began < 9_000) await teacher.next("episode_complete");
    await killable.kill();
    await teacher.ended;
    await killable.start();
    const again = await open();
    const { episodes } = await again.next("history");
    const known = episodes.at(-1).episode;
    assert.ok(known > 60, `${known}`);
    assert.ok((await again.next("episode_complete")).episode > known);
    again.say("stop");
    await again.next("training_complete", 60_000);
    const session = await Watcher.open(killable.url);
    session.say("load_model", { model: "crew_final" });
    await session.next("model_loaded");
    session.say("step");
    assert.equal((await session.next("state_update")).probabilities.length, 6);
    await session.leave();
    await again.leave();
  } finally {
    await killable.stop();
  }
});
