// A local edge that answers questions about what it stores, for the command `simulate`. A question is a line of JSON on
// standard input, its answer a line on standard output. It ends when standard input does.
//
//   {"ask":"tables"}     all of D1, table by table
//   {"ask":"files"}      the CSV files below `prefix` in R2, by key
//   {"ask":"costs"}      what the worker counted since it began
//   {"ask":"leftovers"}  ends the edge, then looks into its objects: what is still kept there
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";

import { startEdge } from "./edge.mjs";

const CONFIG = join(process.env.FOOTLIGHTS_LAB, "wrangler.toml");
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    persist: { type: "string" },
    secret: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const { persist, verbose, secret = randomBytes(32).toString("hex") } = values;
const token = randomBytes(32).toString("hex");
const vars = { FOOTLIGHTS_ADMIN_TOKEN: token };
const edge = await startEdge({ port: Number(values.port), persist, secret, vars, quiet: !verbose });
// Ctrl-C goes to everybody in the terminal; who holds the other end of standard input decides.
process.on("SIGINT", () => {});
say({ url: edge.url, secret });

function say(answer) {
  process.stdout.write(JSON.stringify(answer) + "\n");
}

async function tables() {
  const db = await edge.mf.getD1Database("DB");
  const names = await db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const own = names.results.map(({ name }) => name).filter((name) => !/^(_cf_|sqlite_|d1_)/.test(name));
  const all = await Promise.all(own.map((name) => db.prepare(`SELECT * FROM "${name}"`).all()));
  return Object.fromEntries(own.map((name, k) => [name, all[k].results]));
}

async function costs() {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(new URL("/api/admin/costs", edge.url), { headers });
  if (!response.ok) throw new Error(`costs: ${response.status}`);
  return response.json();
}

async function files(prefix) {
  const bucket = await edge.mf.getR2Bucket("DATA");
  const found = {};
  let cursor;
  do {
    const page = await bucket.list({ prefix, cursor });
    for (const { key } of page.objects) {
      if (key.endsWith(".csv")) found[key] = await (await bucket.get(key)).text();
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return found;
}

// What stands in for the worker's classes opens the same objects and only looks. A lobby keeps who waits with their
// sockets, and is called at a set time for as long as there is anybody.
const LOOK = `
import { DurableObject } from "cloudflare:workers";
export class Rooms extends DurableObject {
  fetch() {
    const count = (prefix) => [...this.ctx.storage.kv.list({ prefix })].length;
    return Response.json({ games: count("game/"), chunks: count("chunk/") });
  }
  alarm() {}
}
export class Lobby extends DurableObject {
  called = false;
  async fetch() {
    const set = await this.ctx.storage.getAlarm();
    return Response.json({ waits: this.called || set !== null });
  }
  alarm() {
    this.called = true;
  }
}
export default { fetch: () => new Response() };
`;

async function leftovers() {
  await edge.stop();
  const { name, compatibility_date } = unstable_readConfig({ config: CONFIG });
  const durableObjects = {
    ROOMS: { className: "Rooms", useSQLite: true },
    LOBBY: { className: "Lobby", useSQLite: true },
  };
  const mf = new Miniflare({
    defaultPersistRoot: persist,
    modules: true,
    script: LOOK,
    name,
    compatibilityDate: compatibility_date,
    durableObjects,
  });
  const left = { rooms: 0, games: 0, chunks: 0, lobbies: 0, waiting: 0 };
  try {
    await mf.ready;
    for (const [binding, { className }] of Object.entries(durableObjects)) {
      const namespace = await mf.getDurableObjectNamespace(binding);
      for (const id of objects(`${name}-${className}`)) {
        const response = await namespace.get(namespace.idFromString(id)).fetch("http://object/");
        const { games = 0, chunks = 0, waits = false } = await response.json();
        left[binding === "ROOMS" ? "rooms" : "lobbies"] += 1;
        left.games += games;
        left.chunks += chunks;
        left.waiting += Number(waits);
      }
    }
  } finally {
    await mf.dispose();
  }
  return left;
}

/** The ids of a class's objects that have ever stored anything. */
function objects(key) {
  const ids = /^([0-9a-f]{64})\.sqlite$/;
  try {
    return readdirSync(join(persist, "do", key)).flatMap((file) => ids.exec(file)?.[1] ?? []);
  } catch {
    return [];
  }
}

const ASKS = { tables, costs, files: ({ prefix }) => files(prefix), leftovers };
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  try {
    say({ answer: await ASKS[question.ask](question) });
  } catch (error) {
    say({ error: error.message });
  }
  if (question.ask === "leftovers") process.exit(0);
}
await edge.stop();
process.exit(0);
