// An edge in a process of its own, which can be killed and started again on its storage.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";

const EDGE = fileURLToPath(new URL("../../footlights/cli/edge/edge.mjs", import.meta.url));
const SECRET = "a secret that every process knows";

export class KillableEdge {
  #storage = mkdtempSync(join(tmpdir(), "footlights-killed-"));
  #child;
  #opened;
  #vars;
  /** The same in every life. */
  url;

  /** @param {string[]} vars Variables for the worker, each NAME=VALUE. */
  constructor(vars = []) {
    this.#vars = vars;
  }

  /** Starts it, for the first time or again. */
  async start() {
    const port = this.url ? new URL(this.url).port : "0";
    const args = [EDGE, "--persist", this.#storage, "--secret", SECRET, "--quiet", "--port", port, ...this.#vars.flatMap((pair) => ["--var", pair])];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: this.#child.stdout })) {
      this.url = JSON.parse(line).url;
      return this;
    }
    throw new Error("the edge ended before it served");
  }

  /** Nobody in there can say or store another word. */
  async kill() {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Kills it, and opens its storage in this process: an edge as `startEdge` gives it. */
  async open() {
    await this.kill();
    this.#opened = await startEdge({ persist: this.#storage, secret: SECRET, quiet: true });
    return this.#opened;
  }

  /** Kills it, and asks each object of a class once, with another class of that name: what it answers, as JSON. */
  async ask(className, script) {
    await this.kill();
    const config = join(process.env.FOOTLIGHTS_LAB, "wrangler.toml");
    const { name, compatibility_date: compatibilityDate } = unstable_readConfig({ config });
    const durableObjects = { OBJECTS: { className, useSQLite: true } };
    const mf = new Miniflare({ defaultPersistRoot: this.#storage, modules: true, script, name, compatibilityDate, durableObjects });
    try {
      const objects = await mf.getDurableObjectNamespace("OBJECTS");
      const files = readdirSync(join(this.#storage, "do", `${name}-${className}`));
      const ids = files.flatMap((file) => /^([0-9a-f]{64})\.sqlite$/.exec(file)?.[1] ?? []);
      const answers = [];
      for (const id of ids) answers.push(await (await objects.get(objects.idFromString(id)).fetch("http://object/")).json());
      return answers;
    } finally {
      await mf.dispose();
    }
  }

  async stop() {
    await this.kill();
    await this.#opened?.stop();
    rmSync(this.#storage, { recursive: true, force: true });
  }
}
