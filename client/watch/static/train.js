// The page /train: one training run, live.
import init from "./watch.js";
import { Chart } from "./charts.js";
import { Picture } from "./picture.js";
import { Socket } from "./socket.js";
import { $, actions, facts, meters, signed, words } from "./view.js";

const root = document.getElementById("training");
const state = document.getElementById("state");
const catalog = JSON.parse(document.getElementById("catalog").textContent);
const token = new URLSearchParams(location.hash.slice(1)).get("token");

await init();

/** Milliseconds between the last two steps that were shown. */
let pace = 100;
const picture = new Picture(root, () => pace);
const charts = {
  reward: new Chart($(root, "reward-chart"), "Reward of an episode, running mean", [{ label: "Reward", color: "#059669" }, { label: "With earlier selves", color: "#db2777" }]),
  length: new Chart($(root, "length-chart"), "Steps of an episode, running mean", [{ label: "Steps", color: "#2563eb" }]),
  loss: new Chart($(root, "loss-chart"), "Loss", [{ label: "Loss", color: "#d97706" }]),
  epsilon: new Chart($(root, "epsilon-chart"), "Exploration: share of actions that are not its best", [{ label: "Epsilon", color: "#7c3aed" }]),
};
const episodes = [];
let [total, reached, heard, environment] = [0, 0, 0, catalog.usual];
let last = performance.now();

/** Means over so many episodes that the line stays one: each number with those just before it. */
function smooth(values) {
  const width = Math.ceil(values.length / 60);
  const last = [];
  let sum = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum += value;
    last.push(value);
    if (last.length > width) sum -= last.shift();
    return sum / last.length;
  });
}

function draw() {
  // Games that run at the same time do not end in order.
  episodes.sort((a, b) => a.episode - b.episode);
  const rewards = (past) => smooth(episodes.map((e) => (Boolean(e.against_past) === past ? e.reward : null)));
  charts.reward.set(episodes.map((e) => e.episode), rewards(false), rewards(true));
  charts.length.set(episodes.map((e) => e.episode), smooth(episodes.map((e) => e.length)));
  charts.loss.set(episodes.map((e) => e.episode), episodes.map((e) => e.loss));
  charts.epsilon.set(episodes.map((e) => e.episode), episodes.map((e) => e.epsilon));
}

/** Games that run at the same time begin more episodes than are wanted, and end them in no order. */
function progress(episode) {
  reached = episode === 0 ? 0 : Math.max(reached, Math.min(episode, total || episode));
  words($(root, "episode"), total > 0 ? `${reached} of ${total}` : String(reached));
  const bar = $(root, "progress");
  [bar.max, bar.value] = [Math.max(total, 1), reached];
}

function running(is, paused = false) {
  root.dataset.running = is ? (paused ? "paused" : "yes") : "no";
  for (const control of root.querySelectorAll("[data-when]")) control.hidden = !control.dataset.when.split(" ").includes(root.dataset.running);
}

function hear(message) {
  heard += 1;
  if (heard % 10 === 0) socket.say("seen", { messages: heard });
  if (message instanceof Uint8Array) {
    pace = Math.min(1_000, performance.now() - last);
    last = performance.now();
    picture.take(message);
    return;
  }
  switch (message.type) {
    case "training_status":
      total = message.total_episodes;
      running(message.is_training, message.is_paused);
      if (message.is_training) {
        progress(message.current_episode);
        begin(message.environment ?? catalog.usual);
      }
      break;
    case "history":
      episodes.splice(0, episodes.length, ...message.episodes);
      draw();
      break;
    case "training_started":
      total = message.num_episodes;
      begin(message.environment ?? catalog.usual);
      episodes.length = 0;
      numbers.clear();
      $(root, "numbers").replaceChildren();
      draw();
      progress(0);
      running(true);
      words($(root, "told"), total > 0 ? `A training of ${total} episodes begins.` : "A training begins.");
      break;
    case "episode_start":
      progress(message.episode);
      break;
    case "state_update":
      picture.map(message.heat_map);
      facts(root, message, message.episode);
      progress(message.episode);
      meters($(root, "meters"), message.agent_meters?.agent_0?.meters);
      actions($(root, "actions"), catalog.actions[environment] ?? [], message);
      break;
    case "episode_complete":
      episodes.push(message);
      progress(message.episode);
      words($(root, "avg-reward"), signed(message.avg_reward_5));
      words($(root, "avg-length"), message.avg_length_5.toFixed(1));
      words($(root, "avg-loss"), message.avg_loss_5.toFixed(4));
      words($(root, "epsilon"), message.epsilon.toFixed(3));
      words($(root, "buffer"), message.buffer_size.toLocaleString("en"));
      if (episodes.length < 50 || message.episode % 5 === 0) draw();
      break;
    case "checkpoint_saved":
      offer(message.model, `after ${message.episode} episodes`);
      break;
    case "training_complete":
      running(false);
      draw();
      if (message.model_saved) offer(message.model_saved.replace("models/", ""), message.stopped ? "when it was stopped" : "at the end");
      words($(root, "told"), `The training is over: ${signed(message.final_avg_reward)} in ${message.final_avg_length.toFixed(0)} steps, the mean of the last episodes.`);
      break;
    case "metrics":
      for (const [name, value] of Object.entries(message.values)) chartOf(name).add(message.step, value);
      break;
    case "metrics_history":
      for (const [name, points] of Object.entries(message.series)) chartOf(name).set(points.map(([step]) => step), points.map(([, value]) => value));
      break;
    case "frame":
      words($(root, "step"), String(message.step));
      words($(root, "reward"), signed(message.reward));
      words($(root, "total"), signed(message.cumulative_reward));
      break;
    case "trainer":
      words($(root, "told"), message.connected ? "The trainer is there again." : "The connection of the trainer is lost. Its run goes on when it comes back.");
      break;
    case "paused":
      running(true, true);
      words($(root, "told"), "Paused.");
      break;
    case "resumed":
      running(true);
      words($(root, "told"), "It goes on.");
      break;
    case "error":
      words($(root, "told"), message.message);
      break;
  }
}

/** The charts of numbers that a trainer elsewhere tells, by name. */
const numbers = new Map();
function chartOf(name) {
  if (!numbers.has(name)) {
    const box = document.createElement("div");
    box.className = "chart";
    box.dataset.number = name;
    $(root, "numbers").append(box);
    numbers.set(name, new Chart(box, name, [{ label: name, color: "#0891b2" }], "Step"));
  }
  return numbers.get(name);
}

function begin(id) {
  environment = id;
  picture.images(id, catalog.images[id]);
}

/** A link that lets a learnt model be watched. */
function offer(model, when) {
  const list = $(root, "models");
  if ([...list.children].some((row) => row.dataset.model === model)) return;
  const row = document.createElement("li");
  row.dataset.model = model;
  row.innerHTML = "<a></a> <span></span> <a>ONNX file</a>";
  const [watch, words, file] = row.children;
  watch.href = `/watch#model=${encodeURIComponent(model)}`;
  watch.textContent = model;
  words.textContent = when;
  file.href = `/api/models/${encodeURIComponent(model)}.onnx`;
  file.setAttribute("aria-label", `${model} as an ONNX file`);
  list.append(row);
}

const run = new URLSearchParams(location.search).get("run");
const address = () => {
  const query = new URLSearchParams({ ...(run && { run }), ...(token && { token }) });
  return `/ws/training${query.size > 0 ? `?${query}` : ""}`;
};
const socket = new Socket(address, hear, (now) => {
  heard = 0;
  words(state, { connecting: "Connecting…", open: "Connected.", lost: "The connection is lost. It comes back by itself…", refused: "There is no connection." }[now]);
  state.dataset.state = now;
  if (now === "open") socket.say("show", { picture: true });
});

/** What suits a learner and an environment: games of several agents are played by the thousand. */
const USUAL = {
  dqn: { num_episodes: 100, batch_size: 32, show_every: 5, games: 1 },
  ppo: { num_episodes: 5_000, batch_size: 128, show_every: 200, games: 16 },
};
const form = $(root, "start");
function suit(learner) {
  for (const [name, value] of Object.entries(USUAL[learner])) form.elements[name].value = value;
  for (const field of form.querySelectorAll("[data-for]")) field.hidden = field.dataset.for !== learner;
}
form.elements.environment.addEventListener("change", ({ target }) => {
  form.elements.learner.value = (catalog.agents[target.value] ?? 1) > 1 ? "ppo" : "dqn";
  suit(form.elements.learner.value);
});
form.elements.learner.addEventListener("change", ({ target }) => suit(target.value));
suit(form.elements.learner.value);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const number = (name) => Number(form.get(name));
  const more = {
    num_episodes: number("num_episodes"), batch_size: number("batch_size"), buffer_capacity: number("buffer_capacity"),
    show_every: number("show_every"), step_delay: number("step_delay"), seed: number("seed"), epsilon_decay: number("epsilon_decay"),
    learner: form.get("learner"), games: number("games"),
  };
  if (more.learner === "ppo") more.actors = number("actors");
  const chosen = form.get("environment");
  if (chosen && chosen !== catalog.usual) more.environment = chosen;
  const config = form.get("config").trim();
  if (config) {
    try {
      more.config = JSON.parse(config);
    } catch (error) {
      return words($(root, "told"), `The configuration is not JSON: ${error.message}.`);
    }
  }
  socket.say("start_training", more);
});
for (const command of ["pause", "resume", "stop"]) $(root, command).addEventListener("click", () => socket.say(command));
const toggle = () => {
  picture.hot = !picture.hot;
};
$(root, "heat").addEventListener("click", toggle);
addEventListener("keydown", (event) => {
  if (event.key === "h" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, select, textarea")) toggle();
});
running(false);
document.body.dataset.state = "ready";
