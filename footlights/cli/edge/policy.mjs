// Looks at one model file in the module that plays models.
//
//   node policy.mjs POLICIES FILE
//
// POLICIES is the folder of the built module. Standard input has what is asked as JSON: the environment's id, its packed
// configuration as a list of bytes, the agent's number, the policy's name, and where to write the model in one file, if anywhere.
// Standard output has what was found, for people. A model that does not fit ends with status 1 and the reason at the end.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { compile, isAborted } from "./module.mjs";

const [policies, file] = process.argv.slice(2);
const { environment, config, agent, name, out } = JSON.parse(readFileSync(0, "utf8"));

/** Ends with a sentence. */
function refuse(why) {
  process.stdout.write(`${why}\n`);
  process.exit(1);
}

/** A path that leads out of the model's folder is no name of a file beside it. */
const isBeside = (path) => !path.startsWith("/") && !path.split(/[\\/]/).includes("..");

const start = await compile(policies);
const module = await start();
try {
  let model = new Uint8Array(readFileSync(file));
  const names = module.external(model);
  if (names.length > 0) {
    const paths = names.map((name) => join(dirname(file), name));
    const missing = names.find((name, k) => !isBeside(name) || !existsSync(paths[k]));
    if (missing !== undefined) refuse(`error: the model's values are in ${missing}, which is not beside it`);
    model = module.pack(model, names, paths.map((path) => new Uint8Array(readFileSync(path))));
    const whole = out ? `; they are in ${out} with it now` : "; --out FILE writes one file with all of it";
    process.stdout.write(`its values are in ${names.join(", ")}${whole}\n`);
  }
  const told = module.inspect(model, environment, new Uint8Array(config), agent, name);
  if (out) writeFileSync(out, model);
  process.stdout.write(told);
} catch (error) {
  refuse(isAborted(error) ? `error: the runtime aborted over it (${error.message})` : error.message);
}
