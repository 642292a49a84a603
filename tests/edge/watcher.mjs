// Somebody who watches: a socket that speaks JSON.
import WebSocket from "ws";

export class Watcher {
  messages = [];
  #read = 0;
  #wake = () => {};

  static async open(url, { path = "/ws", headers = {} } = {}) {
    const watcher = new Watcher();
    const address = new URL(path, url);
    address.protocol = "ws:";
    watcher.ws = new WebSocket(address, { headers });
    watcher.ended = new Promise((resolve) => watcher.ws.on("close", (code, reason) => resolve({ code, reason: `${reason}` })));
    watcher.ws.on("message", (data, binary) => {
      watcher.messages.push({ at: performance.now(), ...(binary ? { picture: data } : JSON.parse(data)) });
      watcher.#wake();
    });
    await new Promise((resolve, fail) => {
      watcher.ws.once("open", resolve);
      watcher.ws.once("error", fail);
    });
    return watcher;
  }

  say(command, more = {}) {
    this.ws.send(JSON.stringify({ command, ...more }));
  }

  /** As the page of the Hamlet metaserver says it. */
  control(command, more = {}) {
    this.ws.send(JSON.stringify({ type: "control", command, ...more }));
  }

  /** The next message of that type; others before it are skipped. */
  async next(type, ms = 20_000) {
    const end = Date.now() + ms;
    for (;;) {
      while (this.#read < this.messages.length) {
        const message = this.messages[this.#read++];
        if (message.type === type) return message;
      }
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${type} within ${ms} ms; the last was ${JSON.stringify(this.messages.at(-1))}`);
      let timer;
      await new Promise((wake) => {
        this.#wake = wake;
        timer = setTimeout(wake, left);
      });
      clearTimeout(timer);
    }
  }

  async leave() {
    this.ws.close();
    return await this.ended;
  }
}
