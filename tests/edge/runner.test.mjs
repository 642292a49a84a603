// The local edge itself, with a small JavaScript worker in place of ours: what a developer and every other edge test
// rely on when they start one.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";

const EDGE = fileURLToPath(new URL("../../footlights/cli/edge/edge.mjs", import.meta.url));

const WORKER = `
import { DurableObject } from "cloudflare:workers";
export class Rooms extends DurableObject {
  async fetch(request) {
    if (request.headers.get("Upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    return new Response(String(count));
  }
  webSocketMessage(socket, message) { socket.send(message); }
}
export default {
  async fetch(request, env) {
    switch (new URL(request.url).pathname) {
      case "/room": return env.ROOMS.get(env.ROOMS.idFromName("one")).fetch(request);
      case "/row":
        await env.DB.prepare("INSERT INTO visits (note) VALUES ('a;b')").run();
        return new Response(String(await env.DB.prepare("SELECT count(*) AS n FROM visits").first("n")));
      case "/file": {
        const before = await env.DATA.get("file").then((file) => file?.text() ?? "");
        await env.DATA.put("file", before + "x");
        return new Response(String(before.length + 1));
      }
      case "/secret": return new Response(env.FOOTLIGHTS_SECRET);
      default: return new Response("the worker's", { status: 404 });
    }
  },
};`;

const WRANGLER = `
name = "runner-test"
main = "worker.js"
compatibility_date = "2026-04-21"
[assets]
directory = "assets"
[durable_objects]
bindings = [{ name = "ROOMS", class_name = "Rooms" }]
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Rooms"]
[[r2_buckets]]
binding = "DATA"
bucket_name = "data"
[[d1_databases]]
binding = "DB"
database_name = "db"
migrations_dir = "migrations"
`;

const MIGRATION = `
-- a comment; with a semicolon
CREATE TABLE visits (id INTEGER PRIMARY KEY, note TEXT DEFAULT ';');
CREATE TRIGGER kept BEFORE DELETE ON visits BEGIN SELECT RAISE(ABORT, 'kept'); END;
`;

const root = mkdtempSync(join(tmpdir(), "footlights-edge-"));
after(() => rmSync(root, { recursive: true, force: true }));
for (const folder of ["assets/client", "migrations"]) mkdirSync(join(root, folder), { recursive: true });
writeFileSync(join(root, "worker.js"), WORKER);
writeFileSync(join(root, "wrangler.toml"), WRANGLER);
writeFileSync(join(root, "assets/client/app.css"), "body {}");
writeFileSync(join(root, "migrations/0001_visits.sql"), MIGRATION);

const text = async (edge, path) => (await fetch(new URL(path, edge.url))).text();

async function echoed(edge, message) {
  const socket = new WebSocket(new URL("/room", edge.url).href.replace("http", "ws"));
  await once(socket, "open");
  socket.send(message);
  const [data] = await once(socket, "message");
  socket.close();
  return data;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

/** The edge as a process, as `cargo xtask dev` runs it. */
async function startProcess(...args) {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(process.execPath, [EDGE, "--root", root, "--quiet", ...args], { stdio });
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, url: JSON.parse(line).url };
}

/** The processes whose parent is `pid`. */
function children(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** Whether a process runs; one that has ended and only waits to be collected does not. */
function runs(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("objects, sockets, R2, D1 and static assets work on one edge", async () => {
  const edge = await startEdge({ root, secret: "hush" });
  try {
    assert.equal(await text(edge, "/room"), "1");
    assert.deepEqual([...(await echoed(edge, Buffer.from([1, 2, 3])))], [1, 2, 3]);
    assert.equal(await text(edge, "/file"), "1");
    assert.equal(await text(edge, "/row"), "1");
    assert.equal(await text(edge, "/secret"), "hush");
    assert.equal(await text(edge, "/client/app.css"), "body {}");
    assert.equal(await text(edge, "/client/none.css"), "the worker's");
  } finally {
    await edge.stop();
  }
});

test("a direct edge serves the same worker", async () => {
  const edge = await startEdge({ root, direct: true });
  try {
    assert.equal(await text(edge, "/room"), "1");
    assert.deepEqual([...(await echoed(edge, Buffer.from([4])))], [4]);
    assert.equal(await text(edge, "/row"), "1");
    assert.match(await text(edge, "/secret"), /^[0-9a-f]{64}$/);
  } finally {
    await edge.stop();
  }
});

test("two edges without storage of their own share nothing", async () => {
  const [one, two] = await Promise.all([startEdge({ root }), startEdge({ root })]);
  try {
    assert.equal(await text(one, "/room"), "1");
    assert.equal(await text(two, "/room"), "1");
    assert.notEqual(await text(one, "/secret"), await text(two, "/secret"));
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});

test("a port in use is said in words", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await assert.rejects(startEdge({ root, port }), new RegExp(`port ${port} is in use`));
  server.close();
});

test("a broken migration is named, and none of it is applied", async () => {
  const persist = join(root, "broken");
  const file = join(root, "migrations/0002_broken.sql");
  writeFileSync(file, "CREATE TABLE half (id INTEGER);\nCREATE TABL oops;\n");
  await assert.rejects(startEdge({ root, persist }), /0002_broken\.sql/);
  writeFileSync(file, "CREATE TABLE half (id INTEGER);\n");
  const edge = await startEdge({ root, persist });
  rmSync(file);
  await edge.stop();
});

test("storage outlives the process, a kill without warning too, and a later migration is applied once", async () => {
  const port = String(await freePort());
  const args = ["--port", port, "--persist", join(root, "state")];
  const counts = async (edge) => [await text(edge, "/room"), await text(edge, "/file"), await text(edge, "/row")];

  const first = await startProcess(...args);
  assert.equal(first.url, `http://127.0.0.1:${port}/`);
  assert.deepEqual(await counts(first), ["1", "1", "1"]);
  first.child.kill("SIGTERM");
  assert.deepEqual(await once(first.child, "exit"), [0, null]);

  writeFileSync(join(root, "migrations/0002_more.sql"), "INSERT INTO visits (note) VALUES ('migrated');");
  const second = await startProcess(...args);
  assert.deepEqual(await counts(second), ["2", "2", "3"]);
  const orphans = process.platform === "linux" ? children(second.child.pid) : [];
  second.child.kill("SIGKILL");
  await once(second.child, "exit");

  const third = await startProcess(...args);
  assert.deepEqual(await counts(third), ["3", "3", "4"]);
  third.child.kill("SIGINT");
  assert.deepEqual(await once(third.child, "exit"), [0, null]);
  assert.deepEqual(orphans.filter(runs), [], "workerd ended with the process that was killed");
});
