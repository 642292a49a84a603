// A session in this browser: the same machine as at the edge, in the module that plays models. It has the face of a socket.

const files = new Map();
let module;

/** The module that plays models, once it is loaded. */
async function policies() {
  globalThis.footlightsFile ??= (name) => files.get(name);
  module ??= import("/policies/policies.js").then(async (loaded) => {
    await loaded.default();
    return loaded;
  });
  return await module;
}

async function load(names) {
  await Promise.all(names.filter((name) => !files.has(name)).map(async (name) => {
    const response = await fetch(`/models/${name}`);
    if (!response.ok) throw new Error(`/models/${name}: ${response.status}`);
    files.set(name, new Uint8Array(await response.arrayBuffer()));
  }));
}

export class Local {
  #watching;
  #hears;
  #details;
  #timer;

  /**
   * A session that begins with a model.
   *
   * @param {{ name: string, files?: string[] }[]} details The models; those with files are played here.
   * @param {string} model The one to begin with.
   * @param {number} seed
   * @param {(message: object | Uint8Array) => void} hears Called with each message.
   */
  static async open(details, model, seed, hears) {
    const local = new Local();
    [local.#details, local.#hears] = [details, hears];
    const [{ Watching }] = await Promise.all([policies(), local.#fetch(model)]);
    const names = details.filter(({ files }) => files).map(({ name }) => name);
    local.#watching = new Watching(model, names, seed, Date.now());
    return local;
  }

  #fetch(model) {
    return load(this.#details.find(({ name }) => name === model)?.files ?? []);
  }

  /** Whether a model can be played here. */
  has(model) {
    return this.#details.some(({ name, files }) => name === model && files);
  }

  say(command, more = {}) {
    this.#watching.say(JSON.stringify({ command, ...more }), Date.now());
    this.drain();
  }

  /** Hands on what the session says, and sets the timer for what comes next. */
  drain() {
    for (let said = this.#watching.next(); said !== undefined; said = this.#watching.next()) {
      if (Array.isArray(said)) void this.#load(said[0]);
      else this.#hears(typeof said === "string" ? JSON.parse(said) : said);
      if (!this.#watching) return;
    }
    clearTimeout(this.#timer);
    const wake = this.#watching.wake_at();
    if (wake !== undefined) this.#timer = setTimeout(() => this.#wake(), Math.max(0, wake - Date.now()));
  }

  #wake() {
    if (!this.#watching) return;
    this.#watching.wake(Date.now());
    this.drain();
  }

  async #load(model) {
    try {
      await this.#fetch(model);
    } catch (error) {
      return this.#hears({ type: "error", message: `${model} cannot be loaded: ${error.message}` });
    }
    this.#watching?.loaded(model, Date.now());
    if (this.#watching) this.drain();
  }

  close() {
    clearTimeout(this.#timer);
    this.#watching?.free();
    this.#watching = undefined;
  }
}
