// A network cable between browsers and the edge. A test can pull it: whatever runs through it breaks off, and nothing new
// gets through until it is plugged in again. And it can be a bad one: what goes through arrives in order and complete, as
// over TCP, but late; what is lost shows as a stall of everything behind it.
import { createServer, connect } from "node:net";

/** Numbers from 0 to 1 from a seed (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One direction: hands chunks on when the weather lets them, and ends after the last one. */
function line(weather, draw, from, to) {
  const queue = [];
  let free = 0;
  let timer;
  const pump = () => {
    timer = undefined;
    while (queue.length > 0 && queue[0].at <= performance.now()) {
      const { chunk } = queue.shift();
      if (chunk) to.write(chunk);
      else to.destroy();
    }
    if (queue.length > 0) timer = setTimeout(pump, Math.max(1, Math.ceil(queue[0].at - performance.now())));
  };
  const send = (chunk) => {
    const { delay = 0, jitter = 0, loss = 0, resend = 200 } = weather;
    const trip = delay + jitter * draw() + (draw() < loss ? resend : 0);
    free = Math.max(free, performance.now() + trip);
    queue.push({ at: free, chunk });
    if (timer === undefined) pump();
  };
  from.on("data", send);
  from.on("close", () => send(undefined));
  from.on("error", () => {});
  return {
    stall(ms) {
      free = Math.max(free, performance.now() + ms);
      for (const waiting of queue) waiting.at = Math.max(waiting.at, free);
    },
  };
}

/**
 * @param {string} url Where the edge is.
 * @param {object} [weather] One way and for every chunk, ms: `delay`, up to `jitter` more, and with probability `loss`
 *   another `resend`.
 * @param {number} [seed] Of jitter and loss.
 */
export async function cable(url, weather = {}, seed = 1) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  const draw = random(seed);
  let pulled = false;
  const server = createServer({ noDelay: true }, (near) => {
    if (pulled) return near.destroy();
    const far = connect({ port: Number(port), host: hostname, noDelay: true });
    const pair = [near, far];
    line(weather, draw, near, far);
    const both = { pair, down: line(weather, draw, far, near) };
    open.add(both);
    near.on("close", () => open.delete(both));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A test that fails before its end must not keep the process from ending.
  server.unref();
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    pull() {
      pulled = true;
      for (const { pair } of open) pair.forEach((socket) => socket.destroy());
    },
    plug() {
      pulled = false;
    },
    /** Nothing more comes from the edge for so long. */
    stall(ms) {
      for (const { down } of open) down.stall(ms);
    },
    async stop() {
      this.pull();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
