// The local edge: the worker, its objects, R2 and D1 as wrangler.toml declares them, in one workerd process that
// miniflare runs. Not `wrangler dev`: its proxy would sit in every socket and cost throughput.
//
//   import { startEdge } from "./edge.mjs";
//   const edge = await startEdge();            // any free port, storage that vanishes with it
//   await fetch(edge.url); await edge.stop();
//
//   node edge.mjs --root LAB --port 8787 --persist LAB/.wrangler/state/v3
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
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

/**
 * Starts the edge on 127.0.0.1 and resolves when it serves.
 *
 * @param {object} [options]
 * @param {number} [options.port] 0 means any free one.
 * @param {string} [options.persist] Directory for R2, D1 and the objects; wrangler's `--local` commands read the same
 *   one at `.wrangler/state/v3`. Without it everything is gone after `stop`.
 * @param {string} [options.secret] FOOTLIGHTS_SECRET; otherwise the one in `.dev.vars`, otherwise a random one.
 * @param {Record<string, string>} [options.vars] Further variables for the worker.
 * @param {boolean} [options.quiet] Drops what the worker logs; it goes to standard error otherwise.
 * @param {boolean} [options.direct] Sockets go straight into the worker. Without it three small workers stand in front
 *   of it (miniflare's entry, and the two that serve static assets), as in `wrangler dev`; they cost about 7 µs a
 *   message. A direct edge has no static assets and no `request.cf`: for load tests only.
 * @param {string} [options.root] The lab's folder, where wrangler.toml is; otherwise what FOOTLIGHTS_LAB names.
 * @returns {Promise<{ url: string, mf: Miniflare, stop: () => Promise<void> }>} `url` ends with a slash.
 */
export async function startEdge(options = {}) {
  const { port = 0, persist, secret, vars = {}, quiet = false, direct = false } = options;
  const root = options.root ?? process.env.FOOTLIGHTS_LAB ?? process.cwd();
  const configPath = join(root, "wrangler.toml");
  if (port !== 0) await refuseUsedPort(port);
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions(configPath);
  const { assets, bindings, ...worker } = workerOptions;
  const { name, d1_databases: [database] } = unstable_readConfig({ config: configPath });
  if (persist) mkdirSync(persist, { recursive: true });

  const given = secret && { FOOTLIGHTS_SECRET: secret };
  const unwatch = endWorkerdWithUs();
  const mf = new Miniflare({
    host: HOST,
    port: direct ? 0 : port,
    defaultPersistRoot: persist && resolve(persist),
    // The built-in description of the client's place: no look-up, the same everywhere.
    cf: false,
    logRequests: false,
    log: new Log(LogLevel.WARN),
    handleRuntimeStdio(stdout, stderr) {
      for (const stream of [stdout, stderr]) stream.on("data", (chunk) => quiet || process.stderr.write(chunk));
    },
    workers: [
      {
        ...worker,
        name,
        modules: true,
        modulesRoot: dirname(main),
        scriptPath: main,
        bindings: { FOOTLIGHTS_SECRET: randomBytes(32).toString("hex"), ...bindings, ...vars, ...given },
        ...(direct ? { unsafeDirectSockets: [{ host: HOST, port }] } : { assets }),
      },
    ],
  });
  const stop = async () => {
    await mf.dispose();
    unwatch();
  };
  try {
    const entry = await mf.ready;
    const url = direct ? await mf.unsafeGetDirectURL(name) : entry;
    if (database) {
      await applyMigrations(await mf.getD1Database(database.binding), resolve(root, database.migrations_dir));
    }
    return { url: url.href, mf, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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

/** What `dev` tells a person, on standard error; and `export`, in a file. */
async function greet(url, root) {
  mkdirSync(join(root, ".wrangler"), { recursive: true });
  writeFileSync(join(root, ".wrangler/footlights.json"), JSON.stringify({ url }));
  const page = await fetch(url).then((response) => response.text(), () => "");
  const studies = [...new Set([...page.matchAll(/href="(\/x\/[^"?#]+)/g)].map(([, path]) => path))];
  const lines = ["", `Footlights runs at ${url}`, ...studies.map((path) => `  ${new URL(path, url)}`), ""];
  lines.push("Every opening of such an address is a new participant: open it in two windows to be two people.");
  lines.push("Data, while it runs, in another terminal: the command `export --to FOLDER`.");
  lines.push("Ctrl-C ends it; participants and data stay in .wrangler/state.", "");
  process.stderr.write(lines.join("\n") + "\n");
}

async function cli() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      persist: { type: "string" },
      root: { type: "string" },
      secret: { type: "string" },
      quiet: { type: "boolean", default: false },
      direct: { type: "boolean", default: false },
      greet: { type: "boolean", default: false },
      // Ends when standard input does, and so never outlives whoever holds the other end.
      held: { type: "boolean", default: false },
    },
  });
  const { greet: greeting, held, ...options } = values;
  const edge = await startEdge({ ...options, port: Number(values.port) });
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
  if (greeting) await greet(edge.url, values.root ?? process.cwd());
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  cli().catch((error) => {
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(1);
  });
}
