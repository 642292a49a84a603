// Two people in `rollback_check`, whatever browsers they have: what they press, and what must be true of their data.
import assert from "node:assert/strict";

import { csvOf, records } from "../edge/data.mjs";

export const STUDY = "rollback_check";
export const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp"];
export const TICKS = 300;

/** What is about a participant and not about the game. */
const OWN = ["subject_id", "agent", "client_time_ms", "rtt_ms", "focused", "keys_held", "late_ticks", "predicted"];
OWN.push("rollback_ticks", "stalled_ms", "input_delay_ticks", "verified");

/** Presses and releases keys at random on every page, each time after `ms`; returns what ends it. */
export function restless(pages, ms = 150, keys = KEYS) {
  const timer = setInterval(() => {
    for (const page of pages) {
      const key = keys[Math.floor(Math.random() * keys.length)];
      page.keyboard[Math.random() < 0.5 ? "down" : "up"](key).catch(() => {});
    }
  }, ms);
  return () => clearInterval(timer);
}

/** Two files of one game, which must say the same of it, row for row. */
export async function same(edge, subjects) {
  const files = await Promise.all(subjects.map((subject) => csvOf(edge, STUDY, "game", subject)));
  const [a, b] = files;
  const ticks = Array.from({ length: TICKS }, (_, k) => k + 1);
  for (const { rows } of files) assert.deepEqual(rows.map((row) => Number(row.tick)), ticks);
  const shared = a.header.filter((name) => !OWN.includes(name));
  const apart = a.rows.filter((row, k) => shared.some((name) => row[name] !== b.rows[k][name]));
  assert.equal(apart.length, 0, "rows apart");
  return files;
}

/** The game of somebody: its row, its seats and its events. */
export async function gameOf(edge, subject) {
  const { games, seats, events } = await records(edge);
  const { game_id } = seats.find((row) => row.subject_id === subject);
  const of = (rows) => rows.filter((row) => row.game_id === game_id);
  return { game: of(games)[0], seats: of(seats), events: of(events) };
}
