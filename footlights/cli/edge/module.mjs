// A built module with the policies of a lab, under Node.js.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Compiles the module in a folder, and returns what makes instances of it. */
export async function compile(policies) {
  const script = readFileSync(join(policies, "policies.js"), "utf8");
  const wasm = await WebAssembly.compile(readFileSync(join(policies, "policies_bg.wasm")));
  let instances = 0;

  /** A new instance. Not imported from its file, which is no module to Node.js without a package.json. */
  return async function start() {
    instances += 1;
    const source = Buffer.from(`${script}\n// ${instances}`).toString("base64");
    const module = await import(`data:text/javascript;base64,${source}`);
    await module.default({ module_or_path: wasm });
    return module;
  };
}

/** Whether an error leaves its instance unusable. */
export const isAborted = (error) => error instanceof WebAssembly.RuntimeError;
