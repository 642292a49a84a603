// The local edge: the worker, its objects, R2 and D1 as wrangler.toml declares them, in one workerd process that
// miniflare runs. Not `wrangler dev`: its proxy would sit in every socket and cost throughput.
//
//   import { startEdge } from "./edge.mjs";
//   const edge = await startEdge();            // any free port, storage that vanishes with it
//   await fetch(edge.url); await edge.stop();
//
//   node edge.mjs --root LAB --port 8787 --persist LAB/.wrangler/state/v3
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { applyMigrations } from "./migrations.mjs";
import { endWorkerdWithUs } from "./watchdog.mjs";

// wrangler would otherwise say on standard output which files it read.
process.env.WRANGLER_LOG ??= "warn";
process.env.WRANGLER_SEND_METRICS ??= "false";
const [{ unstable_getMiniflareWorkerOptions, unstable_readConfig }, { Log, LogLevel, Miniflare }] =
  await Promise.all([import("wrangler"), import("miniflare")]);

const HOST = "127.0.0.1";

/** What workerd notes for its own developers, such as an alarm that was set anew while it ran. */
const OWN_WORDS = /^workerd\/.* NOSENTRY /;

/**
 * Starts the edge on 127.0.0.1 and resolves when it serves.
 *
 * @param {object} [options]
 * @param {number} [options.port] 0 means any free one.
 * @param {string} [options.persist] Directory for R2, D1 and the objects; wrangler's `--local` commands read the same
 *   one at `.wrangler/state/v3`. Without it everything is gone after `stop`.
 * @param {string} [options.secret] FOOTLIGHTS_SECRET; otherwise the one in `.dev.vars`, otherwise a random one.
 * @param {Record<string, string>} [options.vars] Further variables for the worker.
 * @param {Record<string, string>} [options.usual] Variables that the lab's own take the place of.
 * @param {boolean} [options.quiet] Drops what the worker logs; it goes to standard error otherwise.
 * @param {boolean} [options.direct] Sockets go straight into the worker. Without it three small workers stand in front
 *   of it (miniflare's entry, and the two that serve static assets), as in `wrangler dev`; they cost about 7 µs a
 *   message. A direct edge has no static assets and no `request.cf`: for load tests only.
 * @param {string} [options.root] The lab's folder, where wrangler.toml is; otherwise what FOOTLIGHTS_LAB names.
 * @param {string} [options.built] The folder with the built worker and pages, in place of those that wrangler.toml names;
 *   otherwise what FOOTLIGHTS_BUILT names, if anything.
 * @param {string} [options.entry] A module beside the built worker that takes its place, and imports it.
 * @param {(lab: string) => object} [options.front] Makes, from the name of the lab's worker, the worker
 *   that stands in front of it.
 * @returns {Promise<{ url: string, mf: Miniflare, reload: () => Promise<void>, stop: () => Promise<void> }>} `url` ends
 *   with a slash; `reload` serves what is built and configured now, from the same storage.
 */
export async function startEdge(options = {}) {
  const { port = 0, direct = false } = options;
  const root = options.root ?? process.env.FOOTLIGHTS_LAB ?? process.cwd();
  if (port !== 0) await refuseUsedPort(port);
  const secret = options.secret ?? randomBytes(32).toString("hex");
  const settings = () => settingsOf({ ...options, root, fallback: secret });
  const unwatch = endWorkerdWithUs();
  const { name, database, ...first } = settings();
  const mf = new Miniflare(first);
  const stop = async () => {
    await mf.dispose();
    unwatch();
  };
  const migrate = async (known) => {
    if (!known) return;
    await applyMigrations(await mf.getD1Database(known.binding, name), resolve(root, known.migrations_dir));
  };
  const reload = async () => {
    const { name: _, database: known, ...next } = settings();
    await mf.setOptions({ ...next, port: Number(new URL(await mf.ready).port) });
    await migrate(known);
  };
  try {
    const entry = await mf.ready;
    const url = direct ? await mf.unsafeGetDirectURL(name) : entry;
    await migrate(database);
    return { url: url.href, mf, reload, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What Miniflare runs, as wrangler.toml has it now; with the worker's name and its database. */
function settingsOf(options) {
  const { root, port = 0, persist, secret, fallback, usual = {}, vars = {}, quiet = false, direct = false, entry, front } = options;
  const built = options.built ?? process.env.FOOTLIGHTS_BUILT;
  const configPath = join(root, "wrangler.toml");
  const overrides = built && { assets: { directory: resolve(built, "pages") } };
  const { workerOptions, main: named } = unstable_getMiniflareWorkerOptions(configPath, undefined, { overrides });
  const { assets, bindings, ...worker } = workerOptions;
  const main = built ? resolve(built, "worker/index.js") : named;
  const { name, d1_databases: [database] } = unstable_readConfig({ config: configPath });
  if (persist) mkdirSync(persist, { recursive: true });
  const given = secret && { FOOTLIGHTS_SECRET: secret };
  const lab = {
    ...worker,
    name,
    modules: true,
    modulesRoot: dirname(main),
    scriptPath: entry ? join(dirname(main), entry) : main,
    ...(entry && { modulesRules: [{ type: "ESModule", include: ["**/*.js"] }, ...(worker.modulesRules ?? [])] }),
    bindings: { FOOTLIGHTS_SECRET: fallback, ...usual, ...bindings, ...vars, ...given },
    ...(direct ? { unsafeDirectSockets: [{ host: HOST, port }] } : { assets }),
  };
  return {
    name,
    database,
    host: HOST,
    port: direct ? 0 : port,
    defaultPersistRoot: persist && resolve(persist),
    // The built-in description of the client's place: no look-up, the same everywhere.
    cf: false,
    logRequests: false,
    log: new Log(LogLevel.WARN),
    handleRuntimeStdio(stdout, stderr) {
      for (const stream of [stdout, stderr]) {
        const lines = createInterface({ input: stream });
        lines.on("line", (line) => quiet || OWN_WORDS.test(line) || process.stderr.write(`${line}\n`));
      }
    },
    workers: front ? [front(name), lab] : [lab],
  };
}

/** workerd's own words for a used port are a stack trace, so ask first. */
async function refuseUsedPort(port) {
  const probe = createServer();
  const used = new Error(`port ${port} is in use: end what listens there, or choose another with --port`);
  await new Promise((done, fail) => {
    probe.once("error", () => fail(used));
    probe.listen(port, HOST, () => probe.close(done));
  });
}

async function cli() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      persist: { type: "string" },
      root: { type: "string" },
      built: { type: "string" },
      secret: { type: "string" },
      // NAME=VALUE: a variable for the worker; may be given several times.
      var: { type: "string", multiple: true, default: [] },
      quiet: { type: "boolean", default: false },
      direct: { type: "boolean", default: false },
      // Ends when standard input does, and so never outlives whoever holds the other end.
      held: { type: "boolean", default: false },
    },
  });
  const { held, var: given, ...options } = values;
  const vars = Object.fromEntries(given.map((pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]));
  const edge = await startEdge({ ...options, vars, port: Number(values.port) });
  const end = async () => {
    await edge.stop();
    process.exit(0);
  };
  process.once("SIGTERM", end);
  if (held) {
    process.stdin.resume().once("close", end);
    // Ctrl-C goes to everybody in the terminal; who holds the other end decides.
    process.on("SIGINT", () => {});
  } else {
    process.once("SIGINT", end);
  }
  process.stdout.write(JSON.stringify({ url: edge.url }) + "\n");
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  cli().catch((error) => {
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(1);
  });
}
