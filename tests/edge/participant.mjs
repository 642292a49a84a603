// A participant without a browser: HTTP, cookies, sockets and MessagePack, for tests of the edge.
import assert from "node:assert/strict";

import { decode, encode } from "@msgpack/msgpack";
import WebSocket from "ws";

/** `footlights_protocol::wire::VERSION`. */
export const PROTOCOL = 7;

/** Messages that wait for whoever asks for them, in order. */
class Inbox {
  #messages = [];
  #waiting = [];
  all = [];

  push(message) {
    this.all.push(message);
    this.#messages.push(message);
    this.#waiting.splice(0).forEach((wake) => wake());
  }

  /** The next message of that kind; others before it are skipped. */
  async next(kind, ms = 20_000) {
    const end = Date.now() + ms;
    for (;;) {
      while (this.#messages.length > 0) {
        const message = this.#messages.shift();
        // A message without fields is its name alone.
        if (kind === "any" || (typeof message === "string" ? message === kind : kind in message)) {
          return message[kind] ?? message;
        }
      }
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${kind} within ${ms} ms; the last was ${JSON.stringify(this.all.at(-1))}`);
      let timer;
      await new Promise((wake) => {
        this.#waiting.push(wake);
        timer = setTimeout(wake, left);
      });
      clearTimeout(timer);
    }
  }
}

/** A socket that speaks MessagePack. */
export class Socket {
  inbox = new Inbox();
  closed;

  static async open(url, cookie, inbox) {
    const socket = new Socket();
    if (inbox) socket.inbox = inbox;
    socket.ws = new WebSocket(url, { headers: cookie ? { cookie } : {}, perMessageDeflate: false });
    socket.ws.binaryType = "nodebuffer";
    socket.ws.on("message", (data) => socket.inbox.push(decode(data)));
    socket.ended = new Promise((resolve) => {
      socket.ws.on("close", (code, reason) => resolve((socket.closed = { code, reason: reason.toString() })));
    });
    await new Promise((resolve, fail) => {
      socket.ws.once("open", resolve);
      socket.ws.once("error", fail);
    });
    socket.ws.on("error", () => {});
    return socket;
  }

  send(message) {
    this.ws.send(encode(message, { useBigInt64: true }));
  }

  sendRaw(bytes) {
    this.ws.send(bytes);
  }

  close() {
    this.ws.close();
    return this.ended;
  }

  /** The connection is cut, without a word. */
  cut() {
    this.ws.terminate();
  }
}

export class Participant {
  #seq = 0;

  constructor(url) {
    this.url = url.replace(/\/$/, "");
  }

  get sockets() {
    return this.url.replace(/^http/, "ws");
  }

  async #fetch(path, options = {}) {
    const headers = this.cookie ? { cookie: this.cookie } : {};
    return fetch(this.url + path, { redirect: "manual", ...options, headers: { ...headers, ...options.headers } });
  }

  /** Opens the study; `query` may hold a recruiter's id, `headers` what a browser says of itself. */
  async enter(experiment, query = "", headers = {}) {
    this.experiment = experiment;
    const response = await this.#fetch(`/x/${experiment}${query}`, { headers });
    if (response.status !== 303) throw new Error(`${response.status}: ${await response.text()}`);
    this.cookie = response.headers.get("set-cookie").split(";")[0];
    this.base = response.headers.get("location");
    this.subject = this.base.split("/").at(-1);
    return this;
  }

  async page() {
    const response = await this.#fetch(this.base);
    return { status: response.status, html: await response.text() };
  }

  async scene() {
    const { html } = await this.page();
    return html.match(/data-scene="([^"]+)"/)?.[1];
  }

  /** Presses the button of a scene, its form filled in with (name, value) pairs; the status tells whether it worked. */
  async leave(scene, fields = []) {
    return (await this.send(scene, fields)).status;
  }

  /** The same, with the page that is the answer. */
  async send(scene, fields = [], headers = {}) {
    const body = new URLSearchParams(fields);
    const response = await this.#fetch(`${this.base}/scenes/${scene}`, { method: "POST", body, headers });
    return { status: response.status, html: await response.text() };
  }

  /** Asks the last page whether everything is saved. */
  async complete() {
    const response = await this.#fetch(`${this.base}/complete`, { method: "POST" });
    return { status: response.status, html: await response.text() };
  }

  /** Opens the socket of a tab. */
  tab(name) {
    return Socket.open(`${this.sockets}${this.base}/tab?tab=${name}`, this.cookie);
  }

  lobby(scene) {
    return Socket.open(`${this.sockets}${this.base}/lobby/${scene}`, this.cookie);
  }

  /** Waits in the lobby until there is a room. */
  async match(scene) {
    const lobby = await this.lobby(scene);
    const [path] = await lobby.inbox.next("m");
    this.room = path;
    await lobby.close();
    return path;
  }

  /** Takes the seat and says hello. Resolves with the welcome. */
  async sit(digest, path = this.room) {
    this.socket = await Socket.open(this.sockets + path);
    this.socket.send({ h: [PROTOCOL, digest] });
    return this.socket.inbox.next("w");
  }

  hold(keys) {
    this.socket.send({ k: [++this.#seq, keys, performance.now()] });
  }

  ping(focused = true) {
    this.socket.send({ p: [performance.now(), 1.5, focused] });
  }

  /** A sign of life every second until the socket closes. */
  live() {
    const { socket } = this;
    const timer = setInterval(() => {
      if (socket.ws.readyState === WebSocket.OPEN) this.ping();
    }, 1000);
    socket.ended.then(() => clearInterval(timer));
  }
}

/** As many participants as it takes, in the seats of the scene "game" and with signs of life. */
export async function seat(url, digest, experiment, count) {
  const people = await Promise.all(Array.from({ length: count }, () => new Participant(url).enter(experiment)));
  for (const person of people) assert.equal(await person.leave("start"), 303);
  await Promise.all(people.map((person) => person.match("game")));
  await Promise.all(people.map((person) => person.sit(digest)));
  people.forEach((person) => person.live());
  return people;
}
