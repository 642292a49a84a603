// The worker as it runs at Cloudflare, where the local edge differs. It stands beside the built worker.
//
// - A write is confirmed FOOTLIGHTS_CONFIRM_MS later. Until then the output gate is closed: what the object sends and answers
//   is held back, unless the write had allowUnconfirmed. https://developers.cloudflare.com/durable-objects/reference/glossary/
// - The clock stands still in a turn, reads in a timer's turn exactly the time for which the timer was set, and never reads
//   more than the time of the next timer. https://developers.cloudflare.com/workers/runtime-apis/performance/
//
// `/gate` says how many messages each class sent, and how many were held back; `/stall?ms=N` lets the process stand still.
import worker, * as lab from "./index.js";

const real = {
  Date: globalThis.Date,
  now: Date.now.bind(Date),
  setTimeout: globalThis.setTimeout.bind(globalThis),
  clearTimeout: globalThis.clearTimeout.bind(globalThis),
};
const timers = new Map();
/** A timer that is overdue by more has ended with its object. */
const MOST_LATE_MS = 30_000;
let still;
let turns = 0;

/** What the clock may read now. */
function reading() {
  const now = real.now();
  for (const [id, due] of timers) if (now - due > MOST_LATE_MS) timers.delete(id);
  return Math.min(now, ...timers.values());
}

/** A turn that begins at `at`: the clock stands until what it runs without waiting is over. */
function turn(at, act) {
  still = Math.max(still ?? 0, at);
  turns += 1;
  const own = turns;
  real.setTimeout(() => {
    if (own === turns) still = undefined;
  }, 0);
  return act();
}

const clock = () => still ?? reading();
globalThis.Date = class extends real.Date {
  constructor(...given) {
    super(...(given.length > 0 ? given : [clock()]));
  }
  static now() {
    return clock();
  }
};
globalThis.setTimeout = (act, ms = 0, ...given) => {
  const due = clock() + ms;
  const id = real.setTimeout(() => {
    timers.delete(id);
    turn(due, () => act(...given));
  }, Math.max(0, due - real.now()));
  timers.set(id, due);
  return id;
};
globalThis.clearTimeout = (id) => {
  timers.delete(id);
  real.clearTimeout(id);
};

const counts = {};

/** The output gate of one object. */
class Gate {
  #closed = 0;
  #waiting = [];
  #confirmed = Promise.resolve();

  constructor(name, ms) {
    this.ms = ms;
    this.counts = counts[name] ??= { sent: 0, held: 0, writes: 0, gated: 0 };
  }

  /** A write; messages wait for it unless it says that they need not. */
  wrote(unconfirmed = false) {
    this.counts.writes += 1;
    if (!unconfirmed) {
      this.counts.gated += 1;
      this.#closed += 1;
    }
    const confirmed = new Promise((done) => real.setTimeout(done, this.ms));
    this.#confirmed = Promise.all([this.#confirmed, confirmed]);
    confirmed.then(() => {
      if (unconfirmed) return;
      this.#closed -= 1;
      while (this.#closed === 0 && this.#waiting.length > 0) this.#waiting.shift()();
    });
  }

  /** Until every write so far is confirmed. */
  confirmed() {
    return this.#confirmed;
  }

  send(act) {
    this.counts.sent += 1;
    if (this.#closed === 0) return act();
    this.counts.held += 1;
    this.#waiting.push(() => {
      try {
        act();
      } catch {
        // The socket closed meanwhile.
      }
    });
  }

  opened() {
    return this.#closed === 0 ? undefined : new Promise((done) => this.#waiting.push(done));
  }
}

/** `target` with some methods of its own; all others run on it. */
function instead(target, own) {
  return new Proxy(target, {
    get(_, name) {
      if (name in own) return own[name];
      const value = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function gatedStorage(storage, gate) {
  const writing = (name, options) => (...given) => {
    const result = storage[name](...given);
    gate.wrote(options(given)?.allowUnconfirmed);
    return result;
  };
  const second = (given) => given[1];
  const sql = instead(storage.sql, {
    exec(...given) {
      const cursor = storage.sql.exec(...given);
      if (cursor.rowsWritten > 0) gate.wrote();
      return cursor;
    },
  });
  const kv = instead(storage.kv, {
    put(...given) {
      storage.kv.put(...given);
      gate.wrote();
    },
    delete(...given) {
      const known = storage.kv.delete(...given);
      gate.wrote();
      return known;
    },
  });
  return instead(storage, {
    sql,
    kv,
    put: writing("put", (given) => (typeof given[0] === "string" ? given[2] : given[1])),
    delete: writing("delete", second),
    setAlarm: writing("setAlarm", second),
    deleteAlarm: writing("deleteAlarm", ([options]) => options),
    deleteAll: writing("deleteAll", ([options]) => options),
    async sync() {
      await storage.sync();
      await gate.confirmed();
    },
  });
}

/** An object's context whose messages wait for its writes. */
function gated(ctx, gate) {
  return instead(ctx, {
    storage: gatedStorage(ctx.storage, gate),
    acceptWebSocket(socket, tags) {
      ctx.acceptWebSocket(socket, tags);
      for (const name of ["send", "close"]) {
        const act = socket[name].bind(socket);
        Object.defineProperty(socket, name, { value: (...given) => gate.send(() => act(...given)) });
      }
    },
  });
}

function produced(name) {
  return class extends lab[name] {
    #gate;

    constructor(ctx, env) {
      super(ctx, env);
      this.#gate = new Gate(name, Number(env.FOOTLIGHTS_CONFIRM_MS ?? 0));
      Object.defineProperty(this, "ctx", { value: gated(ctx, this.#gate) });
    }
    async fetch(request) {
      const answer = await turn(reading(), () => super.fetch(request));
      await this.#gate.opened();
      return answer;
    }
    alarm(info) {
      return turn(reading(), () => super.alarm(info));
    }
    webSocketMessage(socket, message) {
      return turn(reading(), () => super.webSocketMessage(socket, message));
    }
    webSocketClose(...given) {
      return turn(reading(), () => super.webSocketClose(...given));
    }
    webSocketError(...given) {
      return turn(reading(), () => super.webSocketError(...given));
    }
  };
}

export const Participant = produced("Participant");
export const Lobby = produced("Lobby");
export const Rooms = produced("Rooms");
export const Assignment = produced("Assignment");
export const Watch = produced("Watch");
export const Training = produced("Training");

export default class extends worker {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/gate") return Response.json(counts);
    if (pathname === "/stall") {
      // Nothing else runs in this process meanwhile.
      for (const until = real.now() + Number(searchParams.get("ms")); real.now() < until; );
      return new Response();
    }
    return turn(reading(), () => super.fetch(request));
  }
}
