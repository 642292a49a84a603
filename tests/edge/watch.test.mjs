// Watching policies over /ws, as the page of the Hamlet metaserver does it, in workerd.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { KillableEdge } from "./killable.mjs";
import { Watcher } from "./watcher.mjs";

let edge;

before(async () => {
  edge = await startEdge({ quiet: true });
});
after(() => edge.stop());

/** How many sessions the health tells of, once it is so many. */
async function sessions(expected) {
  for (let left = 50; ; left -= 1) {
    const { active_sessions: active } = await (await fetch(edge.url)).json();
    if (active.inference === expected || left === 0) return active.inference;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a page of the original plays, pauses, steps and resets", async () => {
  const page = await Watcher.open(edge.url);
  const { available_models: models } = await page.next("connected");
  assert.ok(models.includes("down") && models.includes("cooks"), `${models}`);
  const start = await page.next("episode_start");
  assert.equal(start.episode, 1);
  page.control("load_model", { model: "down.pt" });
  assert.equal((await page.next("model_loaded")).model, "down.pt");
  page.control("step");
  page.control("step");
  const first = await page.next("state_update");
  const second = await page.next("state_update");
  assert.deepEqual([first.step, second.step], [1, 2]);
  assert.ok(Math.abs(first.reward - 1.7265) < 1e-6);
  assert.deepEqual(first.grid.agents[0].last_action, "down");
  assert.equal(first.heat_map["4,5"], 1);
  page.control("set_speed", { speed: 10 });
  page.control("play");
  const end = await page.next("episode_end");
  assert.deepEqual([end.episode, end.steps, end.reason], [1, 76, "meter_depleted"]);
  const last = page.messages.findLast(({ type }) => type === "state_update");
  assert.deepEqual([last.done, last.info.failure_reason], [true, "mood_depleted"]);
  const next = await page.next("episode_start");
  assert.equal(next.episode, 2);
  assert.ok(next.at - end.at > 1_900 && next.at - end.at < 2_500, `${next.at - end.at} ms`);
  await page.next("state_update");
  page.control("reset");
  assert.equal((await page.next("episode_end")).reason, "reset");
  page.control("pause");
  await page.leave();
});

test("two who watch do not notice one another", async () => {
  const [one, other] = [await Watcher.open(edge.url), await Watcher.open(edge.url)];
  one.say("load_model", { model: "down" });
  other.say("load_model", { model: "stressed" });
  one.say("set_speed", { speed: 10 });
  one.say("play");
  other.say("play");
  await one.next("state_update");
  other.say("pause");
  other.say("set_speed", { speed: 0.1 });
  for (let step = 0; step < 20; step += 1) assert.equal((await one.next("state_update")).action, 1);
  other.say("step");
  const { agents } = await other.next("state_update");
  assert.ok("stress" in agents.agent_0.meters);
  assert.ok(other.messages.filter(({ type }) => type === "state_update").length < 10);
  await Promise.all([one.leave(), other.leave()]);
});

test("what is wrong is answered in words, and the session stays", async () => {
  const page = await Watcher.open(edge.url);
  for (const wrong of ["nonsense", "[]", '{"type":"control"}', '{"command":"set_speed","speed":"x"}', '{"command":"load_model"}']) {
    page.ws.send(wrong);
    assert.ok((await page.next("error")).message.length > 10);
  }
  page.ws.send(Buffer.from([1, 2, 3]));
  await page.next("error");
  page.say("load_model", { model: "../../secrets" });
  assert.equal((await page.next("error")).message, "Model not found: ../../secrets");
  page.say("step");
  assert.equal((await page.next("state_update")).step, 1);
  await page.leave();
});

test("who lost the connection finds the session again", async () => {
  const page = await Watcher.open(edge.url);
  const { session } = await page.next("connected");
  page.say("load_model", { model: "down" });
  page.say("step");
  page.say("step");
  await page.next("state_update");
  const before = await page.next("state_update");
  page.ws.terminate();
  const again = await Watcher.open(edge.url, { path: `/ws?session=${session}` });
  assert.equal((await again.next("connected")).session, session);
  assert.equal((await again.next("episode_start")).model_name, "down");
  again.say("step");
  const after = await again.next("state_update");
  assert.deepEqual([after.step, after.grid.agents[0].y], [3, before.grid.agents[0].y + 1]);
  await again.leave();
  // A name that is none begins a session.
  const other = await Watcher.open(edge.url, { path: "/ws?session=../x" });
  assert.notEqual((await other.next("connected")).session, session);
  await other.leave();
});

test("a probe that opens and closes leaves nothing behind", async () => {
  assert.equal(await sessions(0), 0);
  const page = await Watcher.open(edge.url);
  await page.next("connected");
  assert.equal(await sessions(1), 1);
  await page.leave();
  assert.equal(await sessions(0), 0);
});

test("programs are told the health and the models, browsers get a page", async () => {
  const response = await fetch(edge.url);
  const health = await response.json();
  assert.deepEqual(
    [health.status, health.endpoints, health.training_active],
    ["running", { inference: "/ws", training: "/ws/training" }, false],
  );
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  const page = await fetch(edge.url, { headers: { accept: "text/html,*/*" } });
  assert.match(page.headers.get("content-type"), /text\/html/);
  const models = await (await fetch(`${edge.url}api/models`)).json();
  assert.equal(models.count, models.models.length);
  assert.deepEqual(models.details.find(({ name }) => name === "stressed").config.variant, "stress");
  assert.equal((await fetch(`${edge.url}ws`)).status, 400);
});

test("the description tells of addresses that there are, and of what they answer", async () => {
  const { openapi, paths } = await (await fetch(`${edge.url}api/openapi.json`)).json();
  assert.match(openapi, /^3\.1/);
  for (const [path, { get }] of Object.entries(paths)) {
    // What has a name in it is tried where there is one.
    if (path.includes("{")) continue;
    const response = await fetch(new URL(path, edge.url));
    assert.equal(response.status, 200, path);
    const answer = await response.json();
    const { required = [], properties = {} } = get.responses[200].content["application/json"].schema ?? {};
    for (const key of required) assert.ok(key in answer, `${path} has no ${key}`);
    if (required.length > 0) assert.deepEqual(Object.keys(answer).filter((key) => !(key in properties)), [], path);
  }
  const detail = (await (await fetch(`${edge.url}api/models`)).json()).details[0];
  const told = paths["/api/models"].get.responses[200].content["application/json"].schema.properties.details.items.properties;
  assert.deepEqual(Object.keys(detail).filter((key) => !(key in told)), []);
});

test("a session survives a killed process", async () => {
  const killable = new KillableEdge();
  try {
    await killable.start();
    const page = await Watcher.open(killable.url);
    const { session } = await page.next("connected");
    page.say("load_model", { model: "down" });
    await page.next("model_loaded");
    for (let step = 0; step < 3; step += 1) page.say("step");
    page.say("set_speed", { speed: 2 });
    page.say("ping");
    await page.next("pong");
    await killable.kill();
    await killable.start();
    const again = await Watcher.open(killable.url, { path: `/ws?session=${session}` });
    assert.equal((await again.next("episode_start")).model_name, "down");
    again.say("step");
    const { step, heat_map } = await again.next("state_update");
    assert.deepEqual([step, Object.keys(heat_map)], [4, ["4,5", "4,6", "4,7"]]);
    await again.leave();
  } finally {
    await killable.stop();
  }
});

test("who asks too often waits a minute, and others do not", async () => {
  const busy = await startEdge({ quiet: !process.env.LOUD });
  // The local edge counts by the minutes of the clock.
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 20_000) await new Promise((wake) => setTimeout(wake, left));
  try {
    const ask = (from, path = "api/openapi.json") => fetch(new URL(path, busy.url), { headers: { "cf-connecting-ip": from } });
    const answers = [];
    for (let round = 0; round < 32; round++) {
      const some = await Promise.all(Array.from({ length: 50 }, () => ask("203.0.113.7")));
      answers.push(...some.map(({ status }) => status));
      await Promise.all(some.map((answer) => answer.text()));
    }
    const refused = answers.filter((status) => status === 429).length;
    assert.equal(refused, 100, `1,500 a minute are answered: ${answers.length}, ${refused} refused`);
    const answer = await ask("203.0.113.7", "api/models");
    assert.equal(answer.status, 429);
    assert.match((await answer.json()).error, /try again in a minute/);
    assert.equal((await ask("203.0.113.8")).status, 200);
    // What participants do is not counted.
    assert.equal((await ask("203.0.113.7", "api/health")).status, 200);
    const socket = await Watcher.open(busy.url, { headers: { "cf-connecting-ip": "203.0.113.7" } });
    assert.match((await socket.next("error")).message, /try again in a minute/);
    assert.equal((await socket.ended).code, 1013);
  } finally {
    await busy.stop();
  }
});
