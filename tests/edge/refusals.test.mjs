// Bad input at the edge: a clear status or close code, a logged event, and nobody else notices.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { environments } from "./data.mjs";
import { PROTOCOL, Participant, Socket } from "./participant.mjs";

let edge, digest, left, right;

before(async () => {
  edge = await startEdge({ quiet: true });
  digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
  [left, right] = await Promise.all([1, 2].map(() => new Participant(edge.url).enter("slime_load")));
  for (const person of [left, right]) await person.leave("start");
  await Promise.all([left, right].map((person) => person.match("game")));
  await Promise.all([left, right].map((person) => person.sit(digest)));
  left.live();
  right.live();
});
after(() => edge.stop());

const status = async (path, options) => {
  const response = await fetch(new URL(path, edge.url), { redirect: "manual", ...options });
  return [response.status, await response.text()];
};

/** Both play again after what happened to the left one. */
async function goesOn() {
  await left.match("game");
  await left.sit(digest);
  left.live();
  await left.socket.inbox.next("f");
  const seen = right.socket.inbox.all.findLast((message) => message.f).f[0];
  while ((await right.socket.inbox.next("f"))[0] < seen + 30);
  assert.equal(right.socket.closed, undefined);
}

test("addresses that lead nowhere say so", async () => {
  for (const path of ["/nothing", "/x/no_such_study", "/x/slime_load/nobody/else", "/x"]) {
    const [code, page] = await status(path);
    assert.equal(code, 404, path);
    assert.match(page, /Not found/);
  }
});

test("a recruiter's id that was not filled in is refused", async () => {
  const [code, page] = await status("/x/slime_load?PROLIFIC_PID={{%25PROLIFIC_PID%25}}");
  assert.equal(code, 400);
  assert.match(page, /PROLIFIC_PID is .*must be letters/);
});

test("somebody else's page, scene and lobby are refused without the cookie", async () => {
  assert.equal((await status(left.base))[0], 403);
  assert.equal((await status(`${left.base}/scenes/start`, { method: "POST" }))[0], 403);
  const forged = await Socket.open(`${left.sockets}${left.base}/lobby/game`, right.cookie);
  assert.equal((await forged.ended).code, 4004);
});

test("a lobby of a scene that does not exist, or is not the current one", async () => {
  const person = await new Participant(edge.url).enter("slime_load");
  const early = await person.lobby("game");
  assert.match((await early.inbox.next("x"))[1], /current scene is "start"/);
  const unknown = await person.lobby("nothing");
  assert.equal((await unknown.ended).code, 4009);
});

test("a forged ticket, a ticket for another room, and none at all", async () => {
  const [path, ticket] = left.room.split("?ticket=");
  const forged = ticket.replace(/^./, (c) => (c === "A" ? "B" : "A"));
  const elsewhere = path.replace(/[^/]+$/, "0123456789abcdef01234567");
  for (const room of [`${path}?ticket=${forged}`, `${elsewhere}?ticket=${ticket}`, path, `${path}?ticket=`]) {
    const socket = await Socket.open(left.sockets + room);
    assert.match((await socket.inbox.next("x"))[1], /belongs to another participant/);
    assert.equal((await socket.ended).code, 4004, room);
  }
});

for (const [name, act, code] of [
  ["a malformed message", (socket) => socket.sendRaw(Buffer.from([0xc1, 0, 1])), 4001],
  ["text", (socket) => socket.sendRaw("hello"), 4001],
  ["an oversized message", (socket) => socket.sendRaw(Buffer.alloc(1_000)), 4002],
  ["a message of 31 MiB", (socket) => socket.sendRaw(Buffer.alloc(31 << 20)), 4002],
  ["a flood", (socket) => { for (let k = 0; k < 300; k++) socket.send({ k: [k, k & 1, 0] }); }, 4003],
  ["a wrong digest", (socket) => socket.send({ h: [PROTOCOL, digest ^ 1n] }), 4005],
  ["another protocol", (socket) => socket.send({ h: [999, digest] }), 4005],
]) {
  test(`${name} is refused with ${code}, and the partner plays on`, async () => {
    act(left.socket);
    const refusal = await left.socket.inbox.next("x");
    assert.equal(refusal[0], code);
    assert.equal((await left.socket.ended).code, code);
    await goesOn();
  });
}

test("messages to a lobby are checked, too", async () => {
  const person = await new Participant(edge.url).enter("slime_human_human");
  await person.leave("start");
  const lobby = await person.lobby("game");
  lobby.sendRaw(Buffer.from([0xc1]));
  assert.equal((await lobby.ended).code, 4001);
});
