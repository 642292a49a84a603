// The module that browsers load plays every environment to the digest that the same code reaches on a host. V8 runs it
// here as in workerd and Chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const client = new URL("tests/lab/target/footlights/pages/simulating/", root);
const goldens = JSON.parse(readFileSync(new URL("env-sdk/environments/goldens.json", root), "utf8"));

const { initSync, environment_ids, golden } = await import(new URL("client.js", client).href);
initSync({ module: readFileSync(new URL("client_bg.wasm", client)) });

test("the module has the environments that have goldens, and that of the test lab", () => {
  assert.deepEqual([...environment_ids()].sort(), [...Object.keys(goldens), "models-v0"].sort());
});

for (const [id, expected] of Object.entries(goldens)) {
  test(`${id} keeps its golden digest in wasm`, () => {
    assert.equal(golden(id), expected);
  });
}
