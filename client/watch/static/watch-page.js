// The page /watch: one or two panes, each with a session of its own.
import init from "./watch.js";
import { Chart } from "./charts.js";
import { Local } from "./local.js";
import { Picture } from "./picture.js";
import { Socket } from "./socket.js";
import { $, actions, facts, meters, signed, words } from "./view.js";

const state = document.getElementById("state");
const panes = document.getElementById("panes");
const template = document.getElementById("pane");
const catalog = JSON.parse(document.getElementById("catalog").textContent);

/** `/watch?edge` plays at the edge, for who wants to know how that is. */
const AT_THE_EDGE = new URLSearchParams(location.search).has("edge");

/** What keys are called among the actions of environments. */
const KEYS = {
  ArrowUp: ["up", "north", "jump"],
  ArrowDown: ["down", "south"],
  ArrowLeft: ["left", "west", "backward"],
  ArrowRight: ["right", "east", "forward"],
  " ": ["interact", "use", "zap"],
};

/** Milliseconds of a step at the usual speed. */
const STEP_MS = 100;

class Pane {
  #picture;
  #socket;
  #session;
  #survival;
  #reward;
  #playing = false;
  #speed = 1;
  #episode = 1;
  #last;
  #seed;
  #film;
  #want;
  #environment;
  #agent;
  #held;

  /** @param {{ model?: string, seed?: number, episode?: number, step?: number }} want What to begin with. */
  constructor(want) {
    this.#want = want;
    this.root = template.content.firstElementChild.cloneNode(true);
    panes.append(this.root);
    // Between two steps things glide.
    this.#picture = new Picture(this.root, () => STEP_MS / this.#speed);
    this.#survival = new Chart($(this.root, "survival"), "Steps of an episode", [{ label: "Steps", color: "#2563eb" }]);
    this.#reward = new Chart($(this.root, "rewards"), "Reward of an episode", [{ label: "Reward", color: "#059669" }]);
    const on = (part, event, act) => $(this.root, part).addEventListener(event, act);
    on("play", "click", () => this.toggle());
    on("step-once", "click", () => this.step());
    on("reset", "click", () => this.reset());
    on("heat", "click", () => this.toggleHeat());
    on("speed", "input", ({ target }) => this.setSpeed(Number(target.value)));
    on("model", "change", ({ target }) => this.load(target.value));
    on("reseed", "submit", (event) => {
      event.preventDefault();
      this.#socket.say("set_seed", { seed: Number($(this.root, "seed").value) });
      this.#clear();
    });
    on("seat", "change", ({ target }) => this.#take(target.value));
    on("film", "click", () => this.#record());
    on("link", "click", () => this.#share());
    void this.#open();
  }

  /** A session in this browser where that works, and at the edge where it does not. */
  async #open() {
    const first = this.#want?.model ?? catalog.details.findLast(({ environment, files }) => files && environment === catalog.usual)?.name;
    const wanted = catalog.details.find(({ name }) => name === first);
    if (wanted?.files && !AT_THE_EDGE) {
      words(state, "Loading…");
      try {
        const seed = this.#want?.seed ?? Math.floor(Math.random() * 1e6);
        this.#socket = await Local.open(catalog.details, wanted.name, seed, (message) => this.#hear(message));
        words(state, "It plays in this browser.");
        state.dataset.state = "open";
        this.#socket.drain();
        this.#socket.say("show", { picture: true });
        return;
      } catch (error) {
        console.warn("the session opens at the edge:", error);
      }
    }
    this.#remote();
  }

  #remote() {
    this.#socket = new Socket(() => `/ws${this.#session ? `?session=${this.#session}` : ""}`, (message) => this.#hear(message), (now) => this.#state(now));
  }

  get model() {
    return $(this.root, "model").value;
  }

  get seed() {
    return this.#seed;
  }

  close() {
    this.#socket.close();
    this.root.remove();
  }

  toggle() {
    this.#playing = !this.#playing;
    this.#socket.say(this.#playing ? "play" : "pause");
    this.#show();
  }

  step() {
    if (this.#playing) this.toggle();
    this.#socket.say("step");
  }

  reset() {
    this.#socket.say("reset");
  }

  toggleHeat() {
    this.#picture.hot = !this.#picture.hot;
  }

  faster(factor) {
    this.setSpeed(Math.min(10, Math.max(0.5, this.#speed * factor)));
  }

  setSpeed(speed) {
    this.#speed = speed;
    this.#socket.say("set_speed", { speed });
    this.#show();
  }

  /** The person plays an agent, or with "" the policy plays all. */
  #take(agent) {
    this.#socket.say("take", agent === "" ? {} : { agent: Number(agent) });
  }

  #taken(agent) {
    this.#agent = agent ?? undefined;
    $(this.root, "seat").value = agent ?? "";
    const box = $(this.root, "hands");
    box.hidden = agent === null;
    const names = catalog.actions[this.#detail()?.environment] ?? [];
    box.replaceChildren(...names.map((name, action) => {
      const button = document.createElement("button");
      [button.type, button.textContent] = ["button", name.replaceAll("_", " ")];
      const release = () => this.#press(action, false);
      button.addEventListener("pointerdown", () => this.#press(action, true));
      for (const event of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(event, release);
      // By keyboard or a screen reader a press is one step.
      button.addEventListener("click", ({ detail }) => detail === 0 && (this.#press(action, true), release()));
      return button;
    }));
    if (agent !== null && !this.#playing) this.toggle();
    // Who plays wants to see the world.
    if (agent !== null) this.#picture.hot = false;
    if (agent !== null) words($(this.root, "told"), "You play. Hold a button, or use the arrow keys.");
  }

  /** Whether a person plays here. */
  get taken() {
    return this.#agent !== undefined;
  }

  #press(action, down) {
    if (!this.taken || (down ? this.#held === action : this.#held !== action)) return;
    this.#held = down ? action : undefined;
    this.#socket.say("act", { action: down ? action : this.#idle() });
  }

  /** Releases what a person holds: from now on a browser may not tell of it. */
  letGo() {
    if (this.#held !== undefined) this.#press(this.#held, false);
  }

  /** The action that does nothing. */
  #idle() {
    const names = catalog.actions[this.#detail()?.environment] ?? [];
    return Math.max(0, names.findIndex((name) => ["noop", "stay", "wait", "none", "coast"].includes(name)));
  }

  /** A key that stands for an action of that name. Returns whether it does. */
  key(key, down) {
    const names = catalog.actions[this.#detail()?.environment] ?? [];
    const action = names.findIndex((name) => (KEYS[key] ?? []).includes(name));
    if (action >= 0) this.#press(action, down);
    return action >= 0;
  }

  load(model) {
    if (this.#socket instanceof Local && !this.#socket.has(model)) {
      // What was learnt in the deployment is played there.
      this.#socket.close();
      this.#playing = false;
      this.#want = { model, seed: this.#seed };
      this.#remote();
      return this.#show();
    }
    this.#socket.say("load_model", { model });
  }

  #clear() {
    this.#survival.clear();
    this.#reward.clear();
    words($(this.root, "mean"), "–");
    words($(this.root, "lately"), "–");
  }

  #state(now) {
    const told = { connecting: "Connecting…", open: "Connected.", lost: "The connection is lost. It comes back by itself…", refused: "There is no connection." };
    words(state, told[now]);
    state.dataset.state = now;
    if (now === "open") this.#socket.say("show", { picture: true });
  }

  #hear(message) {
    if (message instanceof Uint8Array) {
      this.#picture.take(message);
      return;
    }
    switch (message.type) {
      case "connected":
        this.#session = message.session || undefined;
        this.#models(catalog.details.map(({ name }) => name).concat(message.available_models.filter((name) => !this.#detail(name))));
        break;
      case "episode_start":
        this.#episode = message.episode;
        this.#seed = message.seed;
        $(this.root, "seed").value = message.seed;
        $(this.root, "model").value = message.model_name;
        this.#about(message.model_name);
        words($(this.root, "episode"), String(message.episode));
        this.#begin(message);
        break;
      case "state_update":
        this.#last = message;
        this.#picture.map(message.heat_map);
        facts(this.root, message, this.#episode);
        meters($(this.root, "meters"), message.agents?.agent_0?.meters);
        actions($(this.root, "actions"), catalog.actions[this.#detail()?.environment] ?? [], message);
        this.#hud(message.agents?.agent_0?.meters && Object.keys(message.agents.agent_0.meters).length > 0 ? [] : message.hud ?? []);
        break;
      case "episode_end": {
        this.#survival.add(message.episode, message.steps);
        this.#reward.add(message.episode, message.total_reward);
        this.#mean(message);
        const why = this.#last?.info?.failure_reason?.replaceAll("_", " ") ?? (message.reason === "reset" ? "reset" : "the step limit");
        words($(this.root, "told"), `Episode ${message.episode} ended after ${message.steps} steps with ${signed(message.total_reward)}: ${why}.`);
        if (this.#film) this.#record();
        break;
      }
      case "model_loaded":
        $(this.root, "model").value = message.model;
        this.#about(message.model);
        words($(this.root, "told"), `${message.model} plays now.`);
        this.#begin({ model_name: message.model, seed: this.#seed });
        break;
      case "taken":
        this.#taken(message.agent);
        break;
      case "error":
        words($(this.root, "told"), message.message);
        break;
    }
  }

  /** Leads to what the page was opened with, one thing after the other: the model, the seed, the moment. */
  #begin({ model_name, seed }) {
    const want = this.#want;
    if (!want) return;
    if (want.model && want.model !== model_name) {
      if (!want.asked) this.#socket.say("load_model", { model: want.model });
      want.asked = true;
    } else if (want.seed !== undefined && want.seed !== seed) {
      // The episode that begins then leads on.
      this.#socket.say("set_seed", { seed: want.seed });
    } else {
      this.#want = undefined;
      if (want.step) this.#socket.say("seek", { episode: want.episode ?? 1, step: want.step });
    }
  }

  #models(names) {
    const picker = $(this.root, "model");
    const chosen = picker.value;
    picker.replaceChildren(...names.map((name) => new Option(name, name)));
    if (names.includes(chosen)) picker.value = chosen;
  }

  #detail(name = this.model) {
    return catalog.details.find((detail) => detail.name === name);
  }

  #about(name) {
    const detail = this.#detail(name);
    const parts = [
      detail?.environment,
      detail?.training_step != null && `after ${detail.training_step.toLocaleString("en")} steps of training`,
      detail?.score != null && `mean reward ${signed(detail.score)}`,
      detail?.digest && `digest ${detail.digest}`,
    ];
    words($(this.root, "about"), [parts.filter(Boolean).join(", "), detail?.about].filter(Boolean).join(". "));
    this.#picture.images(detail?.environment, catalog.images[detail?.environment]);
    this.#seats(detail?.environment);
  }

  /** Which agents a person may play. */
  #seats(environment) {
    if (this.#environment === environment) return;
    this.#environment = environment;
    const agents = Array.from({ length: catalog.agents[environment] ?? 0 }, (_, agent) => new Option(`agent ${agent + 1}`, agent));
    $(this.root, "seat").replaceChildren(new Option("nobody", ""), ...agents);
    this.#agent = undefined;
    $(this.root, "hands").hidden = true;
  }

  #hud(items) {
    const list = $(this.root, "hud");
    list.replaceChildren(...items.map(({ label, value }) => {
      const row = document.createElement("div");
      row.innerHTML = "<dt></dt><dd></dd>";
      row.firstChild.textContent = label;
      row.lastChild.textContent = value;
      return row;
    }));
  }

  #steps = [];

  #mean({ steps }) {
    this.#steps = [...this.#steps, steps].slice(-10);
    words($(this.root, "mean"), (this.#steps.reduce((a, b) => a + b, 0) / this.#steps.length).toFixed(0));
    words($(this.root, "lately"), String(steps));
  }

  #show() {
    const play = $(this.root, "play");
    words(play, this.#playing ? "Pause" : "Play");
    this.root.dataset.where = this.#socket instanceof Local ? "browser" : "edge";
    play.setAttribute("aria-pressed", String(this.#playing));
    $(this.root, "step-once").disabled = this.#playing;
    $(this.root, "speed").value = this.#speed;
    words($(this.root, "pace"), `${this.#speed}×`);
  }

  /** A film of what is shown, from now to the end of the episode or to the next press. */
  #record() {
    const button = $(this.root, "film");
    if (this.#film) {
      this.#film.stop();
      this.#film = undefined;
      words(button, "Film");
      return;
    }
    const kind = ["video/webm;codecs=vp9", "video/webm", "video/mp4"].find((kind) => globalThis.MediaRecorder?.isTypeSupported(kind));
    if (!kind) return words($(this.root, "told"), "This browser cannot record films.");
    const parts = [];
    this.#film = new MediaRecorder(this.#picture.canvas.captureStream(30), { mimeType: kind });
    this.#film.ondataavailable = ({ data }) => parts.push(data);
    let failed = false;
    this.#film.onerror = () => (failed = true);
    const name = `${this.model}-seed-${this.#seed}-episode-${this.#episode}.${kind.includes("mp4") ? "mp4" : "webm"}`;
    this.#film.onstop = () => {
      if (failed) return words($(this.root, "told"), "This browser could not record the film.");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(parts, { type: kind }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      words($(this.root, "told"), `The film is saved as ${name}.`);
    };
    this.#film.start();
    words(button, "Stop the film");
    if (!this.#playing) this.toggle();
  }

  /** Puts a link to this moment into the address, and where the browser lets it into the clipboard. */
  async #share() {
    const step = this.#last?.step ?? 0;
    const place = new URLSearchParams({ model: this.model, seed: this.#seed, episode: this.#episode, step });
    history.replaceState(null, "", `#${place}`);
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    words($(this.root, "told"), copied ? "The link to this moment is copied." : "The address of this page leads to this moment.");
  }
}

await init();

const place = new URLSearchParams(location.hash.slice(1));
const whole = (name) => (place.has(name) ? Number(place.get(name)) : undefined);
const want = { model: place.get("model") ?? undefined, seed: whole("seed"), episode: whole("episode"), step: whole("step") };
const all = [new Pane(Object.fromEntries(Object.entries(want).filter(([, value]) => value !== undefined)))];

const compare = document.getElementById("compare");
compare.addEventListener("click", () => {
  if (all.length > 1) all.pop().close();
  else all.push(new Pane({ seed: all[0].seed }));
  panes.dataset.count = all.length;
  words(compare, all.length > 1 ? "Close the second" : "Compare with another");
});

const typing = ({ target }) => target.closest("input, select, textarea, button");
const letGo = ({ type, target }) => {
  // A button that loses the focus to another one changes nothing.
  if (type !== "blur" || target === window) all.forEach((pane) => pane.letGo());
};
for (const event of ["blur", "contextmenu", "dragstart", "compositionstart", "visibilitychange", "fullscreenchange"]) {
  addEventListener(event, letGo, true);
}
addEventListener("keydown", (event) => {
  // macOS tells of no release while this key is held.
  if (event.key === "Meta") letGo(event);
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
  // Who plays has the keys.
  const players = all.filter((pane) => pane.taken);
  if (players.some((pane) => pane.key(event.key, true))) return event.preventDefault();
  const act = { " ": (p) => p.toggle(), ArrowRight: (p) => p.step(), r: (p) => p.reset(), h: (p) => p.toggleHeat(), "+": (p) => p.faster(2), "-": (p) => p.faster(0.5) }[event.key];
  if (!act) return;
  event.preventDefault();
  all.forEach(act);
});
addEventListener("keyup", (event) => event.key === "Meta" && letGo(event));
addEventListener("keyup", (event) => all.filter((pane) => pane.taken).forEach((pane) => pane.key(event.key, false)));
document.body.dataset.state = "ready";
