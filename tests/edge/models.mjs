// What models do that other programs wrote, beside what they do in onnxruntime.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const expected = JSON.parse(readFileSync(new URL("../lab/models/actions.json", import.meta.url), "utf8"));

/** The rows of a participant in an experiment of tests/lab/src/models_check.rs have every model's actions. */
export function assertActions(rows) {
  const seats = Object.entries(rows[0]).filter(([column]) => column.startsWith("seats."));
  for (const [name, actions] of Object.entries(expected)) {
    const agent = seats.find(([, holder]) => holder === name)?.[0].slice("seats.".length);
    assert.ok(agent, `${name} has a seat`);
    assert.equal(rows.length, actions.length);
    for (const [tick, action] of actions.entries()) {
      const row = rows[tick];
      const wanted = [action].flat();
      const columns = Array.isArray(action) ? wanted.map((_, k) => `actions.${agent}.${k}`) : [`actions.${agent}`];
      const found = columns.map((column) => row[column]);
      const source = row[`action_source.${agent}`];
      // Actions of a list are equal. Numbers are computed with 32 bits in another order.
      const near = Array.isArray(action) ? 1e-5 : 0;
      const isSame = wanted.every((x, k) => Math.abs(Number(found[k]) - x) <= near);
      assert.ok(isSame && source === "policy", `${name}, tick ${tick}: ${found} (${source}) and not ${action}`);
    }
  }
}
