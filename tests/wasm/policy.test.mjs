// What `policy check` says of a model, by the module that plays models.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { impossible } from "./impossible.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const models = join(root, "tests/lab/models");
const home = mkdtempSync(join(tmpdir(), "footlights-policy-"));
after(() => rmSync(home, { recursive: true }));

/** What is said of a file for an agent of tests/lab/src/models_check.rs, and the status. */
function check(file, agent, out) {
  const program = join(root, "footlights/cli/edge/policy.mjs");
  const policies = join(root, "tests/lab/target/footlights/pages/policies");
  // The configuration is nothing: nil in MessagePack.
  const asked = { environment: "models-v0", config: [0xc0], agent, name: "cook", out };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, policies, file], {
    input: JSON.stringify(asked),
    encoding: "utf8",
  });
  return { status, told: stdout + stderr };
}

test("a model that fits is described, with the configuration of its seat and what it does", () => {
  const { status, told } = check(join(models, "torch_dynamo.onnx"), 4);
  assert.equal(status, 0, told);
  assert.match(told, /^written by pytorch \S+, operator set 21\n/);
  assert.match(told, /inputs: {2}"obs" FLOAT \[1, 6\]\noutputs: "logits" FLOAT \[1, 5\]\n/);
  assert.match(told, /used as: onnx::Config::new\("cook"\)\.observation\("obs"\)\n/);
  assert.match(told, /it fits player_4 of models-v0\nin 40 ticks it was rewarded 0 while the others acted at random; actions: \d \d+ %/);
});

test("the usual names of other programs are understood", () => {
  for (const [name, agent, usage] of [
    ["torch_lstm", 7, 'observation("obs").recurrent("h_in", "h_out").recurrent("c_in", "c_out")'],
    ["torch_parts_and_heads", 10, 'part("position", 0..3).part("velocity", 3..9).heads(&["move", "fire"])'],
    ["torch_gaussian", 11, 'observation("obs").gaussian("mu", "log_std")'],
    ["torch_mask_input", 12, 'observation("obs").mask("action_mask")'],
    ["torch_argmax", 14, 'observation("obs").action("action")'],
    ["sb3_dqn", 20, 'observation("obs").logits("q_values")'],
    ["sb3_dictionary", 21, 'part("near", 0..4).part("far", 4..9).action("action")'],
    ["rllib_gaussian", 23, 'observation("obs").gaussian_in_one("action_dist_inputs")'],
    ["tensorflow_image_of_bytes", 26, 'observation("obs")'],
  ]) {
    const { status, told } = check(join(models, `${name}.onnx`), agent);
    assert.equal(status, 0, told);
    assert.ok(told.includes(`used as: onnx::Config::new("cook").${usage}\n`), `${name}: ${told}`);
  }
});

test("a model in two files is written as one, which does the same", () => {
  const out = join(home, "whole.onnx");
  const { status, told } = check(join(models, "torch_external.onnx"), 5, out);
  assert.equal(status, 0, told);
  assert.match(told, /its values are in torch_external\.onnx\.data; they are in \S+whole\.onnx with it now\n/);
  const again = check(out, 5);
  assert.equal(again.status, 0, again.told);
  assert.equal(again.told, told.slice(told.indexOf("written by")));
});

test("a file that is missing, or would lie elsewhere, is told and nothing is written", () => {
  const alone = join(home, "torch_external.onnx");
  copyFileSync(join(models, "torch_external.onnx"), alone);
  const out = join(home, "none.onnx");
  const { status, told } = check(alone, 5, out);
  assert.deepEqual([status, told], [1, "error: the model's values are in torch_external.onnx.data, which is not beside it\n"]);
  // Of the same length, so that the file stays one.
  const bytes = readFileSync(alone, "latin1").replaceAll("torch_external.onnx.data", "../ch_external.onnx.data");
  writeFileSync(alone, bytes, "latin1");
  copyFileSync(join(models, "torch_external.onnx.data"), join(home, "../ch_external.onnx.data"));
  const above = check(alone, 5, out);
  rmSync(join(home, "../ch_external.onnx.data"));
  assert.deepEqual([above.status, above.told], [1, "error: the model's values are in ../ch_external.onnx.data, which is not beside it\n"]);
  assert.ok(!existsSync(out));
});

test("a model that does not fit is described, with the reason", () => {
  const { status, told } = check(join(models, "torch_dynamo.onnx"), 10);
  assert.equal(status, 1);
  assert.match(told, /outputs: "logits" FLOAT \[1, 5\]\nerror: how it is meant cannot be guessed: none of the outputs has 6 numbers/);
  const stranger = check(join(models, "torch_dynamo.onnx"), 99);
  assert.deepEqual([stranger.status, stranger.told], [1, "models-v0 has no agent player_99\n"]);
});

test("what is no model, and what aborts the runtime, is told", () => {
  const file = join(home, "page.onnx");
  writeFileSync(file, "<!DOCTYPE html>");
  const page = check(file, 4);
  assert.equal(page.status, 1);
  assert.match(page.told, /15 bytes are not an ONNX file/);
  writeFileSync(file, impossible());
  const hard = check(file, 4);
  assert.equal(hard.status, 1, hard.told);
});
