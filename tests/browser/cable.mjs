// A network cable between browsers and the edge that a test can pull: whatever runs through it breaks off, and nothing
// new gets through until it is plugged in again.
import { createServer, connect } from "node:net";

export async function cable(url) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  let pulled = false;
  const server = createServer((near) => {
    if (pulled) return near.destroy();
    const far = connect(Number(port), hostname);
    const pair = [near, far];
    open.add(pair);
    const end = () => {
      open.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [pair, [far, near]]) {
      from.on("data", (chunk) => to.write(chunk));
      from.on("close", end);
      from.on("error", end);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A test that fails before its end must not keep the process from ending.
  server.unref();
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    pull() {
      pulled = true;
      for (const pair of open) pair.forEach((socket) => socket.destroy());
    },
    plug() {
      pulled = false;
    },
    async stop() {
      this.pull();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
