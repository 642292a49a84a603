// Tells a deployment of a training that runs here; its protocol is in the book's chapter on watching.
//
//   node broadcast.mjs URL RUN
//
// FOOTLIGHTS_ADMIN_TOKEN has the token, if there is one. Standard input has messages, each behind a byte that says what it is and
// four bytes with its length, the highest first: b for the beginning of the run, t for a text that must arrive, p for a picture
// that need not, m for a model. At its end the end of the run is said. Standard output has a line of JSON for each thing that
// the deployment says: first {"type": "accepted"} or {"type": "refused", "message"}, later pause, resume and stop. What went
// wrong later is said on standard error, and the training goes on.
import WebSocket from "ws";

const [address, run] = process.argv.slice(2);
const token = process.env.FOOTLIGHTS_ADMIN_TOKEN;

/** Milliseconds before each attempt to connect again; the last one repeats. */
const WAITS = [500, 1_000, 2_000, 4_000, 8_000];
/** The code with which a deployment closes what it does not take. */
const REFUSED = 1008;
/** Texts that wait at most; older ones are left out. */
const MOST_TEXTS = 10_000;
/** Milliseconds between two messages: a deployment reads a hundred in a second. */
const PAUSE = 12;
const PING = 20_000;

const url = new URL("ws/training/publish", address.endsWith("/") ? address : `${address}/`);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
url.searchParams.set("run", run);

let [begin, accepted, ready, ended, closing, attempt, numbers, sent, socket, picture, why] = [undefined, false, false, false, false, 0, 0, 0];
/** What is not known to be kept, with its number. */
const texts = [];
/** Models that are not known to be stored, by label, and whether this connection was sent them. */
const models = new Map();

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const warn = (words) => process.stderr.write(`footlights: ${words}\n`);

function connect() {
  socket = new WebSocket(url, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  socket.on("open", () => socket.send(JSON.stringify({ ...begin, resume: accepted })));
  socket.on("message", (data) => hear(JSON.parse(data)));
  socket.on("error", (error) => (why ??= `${address} cannot be reached: ${error.message || error.code}`));
  socket.on("close", (code) => {
    ready = false;
    if (ended) return process.exit(0);
    if (!accepted || code === REFUSED) {
      say({ type: "refused", message: why ?? `${address} closed the connection (${code})` });
      process.exit(1);
    }
    warn("the connection to the viewers is lost; what happens meanwhile is told later");
    setTimeout(connect, WAITS[Math.min(attempt++, WAITS.length - 1)]);
  });
}

function hear(said) {
  switch (said.type) {
    case "accepted":
      // What was sent on a connection that is lost may not have come, or may be lost with the process.
      if (!accepted) say({ type: "accepted" });
      [accepted, ready, attempt, sent, why] = [true, true, 0, said.heard, undefined];
      for (const model of models.values()) model.sent = false;
      break;
    case "kept":
      while (texts.length > 0 && texts[0].number <= said.number) texts.shift();
      break;
    case "stored":
    case "not_stored":
      models.delete(said.model.slice(run.length + 1));
      if (said.message) warn(said.message);
      break;
    case "pause":
    case "resume":
    case "stop":
      say(said);
      break;
    case "error":
      if (accepted) warn(said.message);
      else why = said.message;
      break;
  }
}

/** What is to be sent next: texts in their order, then models, then the newest picture. */
function next() {
  const text = texts.find(({ number }) => number > sent);
  if (text) {
    sent = text.number;
    return text.message;
  }
  const model = [...models.values()].find((model) => !model.sent);
  if (model) {
    model.sent = true;
    return model.message;
  }
  if (closing && models.size === 0) {
    ended = true;
    return '{"type":"end"}';
  }
  const shown = picture;
  picture = undefined;
  return shown;
}

setInterval(() => {
  if (!ready || socket.readyState !== WebSocket.OPEN || ended) return;
  const message = next();
  if (message) socket.send(message);
  if (ended) socket.close(1000);
}, PAUSE);
setInterval(() => ready && socket.readyState === WebSocket.OPEN && socket.send('{"type":"ping"}'), PING);

function take(kind, message) {
  if (kind === "b") {
    begin = JSON.parse(message);
    connect();
  } else if (kind === "t") {
    numbers += 1;
    texts.push({ number: numbers, message: JSON.stringify({ ...JSON.parse(message), number: numbers }) });
    if (texts.length > MOST_TEXTS) texts.shift();
  } else if (kind === "p") {
    picture = message;
  } else {
    const { label } = JSON.parse(message.subarray(0, message.indexOf(10)));
    models.set(label, { message, sent: false });
  }
}

let rest = Buffer.alloc(0);
process.stdin.on("data", (data) => {
  rest = Buffer.concat([rest, data]);
  while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
    const end = 5 + rest.readUInt32BE(1);
    take(String.fromCharCode(rest[0]), Buffer.from(rest.subarray(5, end)));
    rest = rest.subarray(end);
  }
});
process.stdin.on("end", () => (closing = true));
