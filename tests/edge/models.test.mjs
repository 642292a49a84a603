// Models as PyTorch, Stable-Baselines3, RLlib, CleanRL, JAX and TensorFlow write them, in workerd.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { csvOf, environments, records } from "./data.mjs";
import { assertActions } from "./models.mjs";
import { Participant } from "./participant.mjs";

let edge;

before(async () => {
  edge = await startEdge({ quiet: true });
});
after(() => edge.stop());

test("every model does in workerd what it does in onnxruntime", async () => {
  const digest = BigInt(`0x${(await environments(edge.url))["models-v0"].fingerprint}`);
  const person = await new Participant(edge.url).enter("models_check");
  assert.equal(await person.leave("start"), 303);
  await person.match("game");
  await person.sit(digest);
  person.live();
  assert.equal((await person.socket.inbox.next("e", 60_000))[0], "completed");
  assert.deepEqual(await person.socket.ended, { code: 4007, reason: "over" });
  const { rows } = await csvOf(edge, "models_check", "game", person.subject);
  assertActions(rows);
  const failed = (await records(edge)).events.filter(({ kind }) => kind === "policy_failed" || kind === "refused_action");
  assert.deepEqual(failed, []);
});
