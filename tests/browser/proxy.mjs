// A network in between that lets some things through and others not, as those at work and at school do.
import { createServer, request } from "node:http";
import { connect } from "node:net";

/**
 * @param {string} url Where the edge is.
 * @param {{ sockets?: boolean, cookies?: boolean }} lets What it lets through; everything else goes through.
 */
export async function proxy(url, { sockets = true, cookies = true }) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  let refused = 0;
  const server = createServer((near, answer) => {
    const headers = { ...near.headers };
    if (!cookies) delete headers.cookie;
    const far = request({ hostname, port, path: near.url, method: near.method, headers }, (response) => {
      const back = { ...response.headers };
      if (!cookies) delete back["set-cookie"];
      answer.writeHead(response.statusCode, back);
      response.pipe(answer);
    });
    far.on("error", () => answer.destroy());
    near.pipe(far);
  });
  server.on("upgrade", (near, socket, head) => {
    open.add(socket);
    socket.on("error", () => {});
    if (!sockets) {
      refused += 1;
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const far = connect(Number(port), hostname, () => {
      const lines = [`${near.method} ${near.url} HTTP/1.1`];
      for (let k = 0; k < near.rawHeaders.length; k += 2) {
        if (cookies || near.rawHeaders[k].toLowerCase() !== "cookie") lines.push(`${near.rawHeaders[k]}: ${near.rawHeaders[k + 1]}`);
      }
      far.write(`${lines.join("\r\n")}\r\n\r\n`);
      far.write(head);
      socket.pipe(far);
      far.pipe(socket);
    });
    open.add(far);
    far.on("error", () => socket.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    refused: () => refused,
    async stop() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
