// A WebSocket that comes back by itself, and says in words how it stands.

/** How long is waited before each attempt, in milliseconds; the last one repeats. */
const WAITS = [300, 1000, 2000, 4000, 8000];
/** The code with which the server closes what it does not take. */
const REFUSED = 1008;
/** How often the server hears that somebody is here. */
const PING_MS = 20_000;

export class Socket {
  #address;
  #hears;
  #state;
  #attempts = 0;
  #socket;
  #ping;

  /**
   * @param {() => string} address Path and query, asked for before each attempt.
   * @param {(message: object | Uint8Array) => void} hears Called with each message.
   * @param {(state: "connecting" | "open" | "lost" | "refused") => void} state Called when it changes.
   */
  constructor(address, hears, state) {
    [this.#address, this.#hears, this.#state] = [address, hears, state];
    this.#open();
  }

  #open() {
    this.#state(this.#attempts === 0 ? "connecting" : "lost");
    const url = new URL(this.#address(), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#attempts = 0;
      this.#state("open");
      this.#ping = setInterval(() => this.say("ping"), PING_MS);
    };
    socket.onmessage = ({ data }) => {
      this.#hears(typeof data === "string" ? JSON.parse(data) : new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      clearInterval(this.#ping);
      if (this.#socket !== socket) return;
      // What was wrong is wrong at the next attempt, too; the server has said what it is.
      if (code === REFUSED) return this.#state("refused");
      const wait = WAITS[Math.min(this.#attempts, WAITS.length - 1)];
      this.#attempts += 1;
      this.#state("lost");
      setTimeout(() => this.#socket === socket && this.#open(), wait);
    };
    this.#socket = socket;
  }

  say(command, more = {}) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ command, ...more }));
  }

  close() {
    const socket = this.#socket;
    this.#socket = undefined;
    clearInterval(this.#ping);
    socket?.close();
  }
}
