// One moment of an episode at /watch, which every browser comes to by itself, and a training that others run.
import assert from "node:assert/strict";

import { Watcher } from "../edge/watcher.mjs";
import { TOKEN, edge } from "./world.mjs";

/** The address of a moment. */
export const moment = () => `${edge.url}watch#model=checkpoint_ep455&seed=7&episode=1&step=40`;

/** In a page: whether it has come to that moment. */
export const isThere = () => document.querySelector('[data-part="step"]')?.textContent === "40";

/** In a page: what it shows of the moment, and how much of the picture is painted. */
export const shown = () => {
  const text = (name) => document.querySelector(`[data-part="${name}"]`).textContent;
  const facts = ["total", "reward", "action", "meters", "actions"].map(text);
  const canvas = document.querySelector(".stage > canvas:not([data-part])");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let k = 3; k < data.length; k += 4) painted += data[k] > 0;
  return { facts, painted: painted / (data.length / 4) };
};

/** What a browser shows is what another one shows. */
export function assertSame(one, other) {
  assert.deepEqual(one.facts, other.facts);
  assert.ok(one.facts.every((fact) => fact !== ""), `${one.facts}`);
  assert.ok(one.painted > 0.99 && other.painted > 0.99, `${one.painted} and ${other.painted} of the pictures are painted`);
}

/** Begins a training that is over after some seconds, and returns what ends its socket. */
export async function train(run) {
  const teacher = await Watcher.open(edge.url, { path: `/ws/training?run=${run}&token=${TOKEN}` });
  teacher.say("start_training", { num_episodes: 4, show_every: 2, step_delay: 0.02 });
  await teacher.next("training_started");
  return () => teacher.leave();
}

/** In a page: whether a training of four episodes is over that it has seen. */
export const isOver = () => document.querySelector('[data-part="episode"]')?.textContent === "4 of 4" && document.querySelector('[data-part="step"]').textContent !== "0";
