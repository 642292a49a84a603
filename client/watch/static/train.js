// The page /train: one training run, live.
import { Chart } from "./charts.js";
import { Socket } from "./socket.js";
import { $, actions, facts, heat, meters, signed, words } from "./view.js";

const root = document.getElementById("training");
const state = document.getElementById("state");
const catalog = JSON.parse(document.getElementById("catalog").textContent);
const board = $(root, "board");
const token = new URLSearchParams(location.hash.slice(1)).get("token");

const charts = {
  reward: new Chart($(root, "reward-chart"), "Reward of an episode", [{ label: "Reward", color: "#059669" }]),
  length: new Chart($(root, "length-chart"), "Steps of an episode", [{ label: "Steps", color: "#2563eb" }]),
  loss: new Chart($(root, "loss-chart"), "Loss", [{ label: "Loss", color: "#d97706" }]),
  epsilon: new Chart($(root, "epsilon-chart"), "Share of random actions (epsilon)", [{ label: "Epsilon", color: "#7c3aed" }]),
};
const episodes = [];
let [total, heard, shown, environment] = [0, 0, true, catalog.usual];
let last;

function draw() {
  charts.reward.set(episodes.map((e) => e.episode), episodes.map((e) => e.reward));
  charts.length.set(episodes.map((e) => e.episode), episodes.map((e) => e.length));
  charts.loss.set(episodes.map((e) => e.episode), episodes.map((e) => e.loss));
  charts.epsilon.set(episodes.map((e) => e.episode), episodes.map((e) => e.epsilon));
}

function progress(episode) {
  words($(root, "episode"), total > 0 ? `${episode} of ${total}` : String(episode));
  const bar = $(root, "progress");
  [bar.max, bar.value] = [Math.max(total, 1), episode];
}

function running(is, paused = false) {
  root.dataset.running = is ? (paused ? "paused" : "yes") : "no";
  for (const control of root.querySelectorAll("[data-when]")) control.hidden = !control.dataset.when.split(" ").includes(root.dataset.running);
}

/** The world as a board: places by name, agents as discs. */
function picture(message) {
  const { width, height } = message.grid;
  const places = message.affordances ?? [];
  const agents = Array.isArray(message.agents) ? message.agents : [];
  board.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const cells = places.map(({ x, y, title, type }) =>
    `<g><rect x="${x + 0.05}" y="${y + 0.05}" width="0.9" height="0.9" rx="0.12"/><text x="${x + 0.5}" y="${y + 0.55}">${title ?? type}</text></g>`);
  const discs = agents.map(({ x, y, color }) => `<circle cx="${x + 0.5}" cy="${y + 0.5}" r="0.3" fill="${color}"/>`);
  board.innerHTML = cells.join("") + discs.join("");
  const box = board.getBoundingClientRect();
  const under = { width: Math.round(box.width), height: Math.round(box.height), clientWidth: box.width, clientHeight: box.height, style: { width: `${box.width}px`, height: `${box.height}px` } };
  heat($(root, "heat-map"), under, message.grid, message.heat_map, shown);
}

function hear(message) {
  heard += 1;
  if (heard % 10 === 0) socket.say("seen", { messages: heard });
  switch (message.type) {
    case "training_status":
      total = message.total_episodes;
      running(message.is_training, message.is_paused);
      if (message.is_training) progress(message.current_episode);
      break;
    case "history":
      episodes.splice(0, episodes.length, ...message.episodes);
      draw();
      break;
    case "training_started":
      [total, environment] = [message.num_episodes, message.environment ?? catalog.usual];
      episodes.length = 0;
      draw();
      progress(0);
      running(true);
      words($(root, "told"), `A training of ${total} episodes begins.`);
      break;
    case "episode_start":
      progress(message.episode);
      break;
    case "state_update":
      last = message;
      picture(message);
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
      offer(message.model_saved.replace("models/", ""), message.stopped ? "when it was stopped" : "at the end");
      words($(root, "told"), `The training is over: ${signed(message.final_avg_reward)} in ${message.final_avg_length.toFixed(0)} steps, the mean of the last episodes.`);
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

/** A link that lets a learnt model be watched. */
function offer(model, when) {
  const list = $(root, "models");
  if ([...list.children].some((row) => row.dataset.model === model)) return;
  const row = document.createElement("li");
  row.dataset.model = model;
  row.innerHTML = "<a></a> <span></span>";
  row.firstChild.href = `/watch#model=${encodeURIComponent(model)}`;
  row.firstChild.textContent = model;
  row.lastChild.textContent = when;
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
});

$(root, "start").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const number = (name) => Number(form.get(name));
  const more = {
    num_episodes: number("num_episodes"), batch_size: number("batch_size"), buffer_capacity: number("buffer_capacity"),
    show_every: number("show_every"), step_delay: number("step_delay"), seed: number("seed"), epsilon_decay: number("epsilon_decay"),
  };
  const chosen = form.get("environment");
  if (chosen && chosen !== catalog.usual) more.environment = chosen;
  socket.say("start_training", more);
});
for (const command of ["pause", "resume", "stop"]) $(root, command).addEventListener("click", () => socket.say(command));
const toggle = () => {
  shown = !shown;
  $(root, "heat").setAttribute("aria-pressed", String(shown));
  if (last) picture(last);
};
$(root, "heat").addEventListener("click", toggle);
addEventListener("keydown", (event) => {
  if (event.key === "h" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, select")) toggle();
});
running(false);
document.body.dataset.state = "ready";
