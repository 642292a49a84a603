// An edge that behaves like Cloudflare where the local one does not: see production-worker.js.
import { copyFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";

const WORKER = fileURLToPath(new URL("production-worker.js", import.meta.url));

/** An edge whose storage confirms a write after so many milliseconds, and how its gates stand. */
export async function startProductionEdge(confirmMs, options = {}) {
  const root = options.root ?? process.env.FOOTLIGHTS_LAB ?? process.cwd();
  const { unstable_readConfig } = await import("wrangler");
  const { main } = unstable_readConfig({ config: join(root, "wrangler.toml") });
  copyFileSync(WORKER, join(dirname(resolve(root, main)), "production.js"));
  const vars = { ...options.vars, FOOTLIGHTS_CONFIRM_MS: `${confirmMs}` };
  const edge = await startEdge({ ...options, vars, entry: "production.js" });
  const gates = async () => (await fetch(new URL("gate", edge.url))).json();
  return { ...edge, gates };
}
