// Takes the time of one function of a wasm-bindgen module (target web): prints the seconds of each repetition as JSON.
//
//   node kernels.mjs '{"module": "/path/to/client.js", "call": "bench_steps", "args": ["slime-volleyball-v0", 1000000], "repetitions": 5}'
//
// With `network`, a number array of widths or the path of a model, `call` is a method of the Network made from it.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { module, call, args, network, repetitions } = JSON.parse(process.argv[2]);
const kernels = await import(pathToFileURL(module).href);
kernels.initSync({ module: readFileSync(module.replace(/\.js$/, "_bg.wasm")) });

const { Network } = kernels;
const subject = Array.isArray(network) ? Network.random(new Uint32Array(network)) : network && Network.load(readFileSync(network));
const run = subject ? () => subject[call](...args) : () => kernels[call](...args);

run(); // V8 compiles what is hot a second time, better.
const seconds = [];
for (let k = 0; k < repetitions; k++) {
  const start = performance.now();
  run();
  seconds.push((performance.now() - start) / 1000);
}
process.stdout.write(JSON.stringify(seconds) + "\n");
