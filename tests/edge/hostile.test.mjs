// A model file that is damaged after it was deployed. A build refuses such a file, so it takes one that was changed since.
// Who would play it is told after a while; who plays something else in the same process goes on.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { impossible } from "../wasm/impossible.mjs";
import { csvOf, environments, records } from "./data.mjs";
import { Participant, seat } from "./participant.mjs";

const SLIME = "slime-volleyball-v0";
const MODEL = readFileSync(new URL("../../examples/models/slime_volleyball.onnx", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "footlights-hostile-"));
after(() => rmSync(home, { recursive: true }));

/** What is built, with other bytes in the place of the model. */
function built(name, bytes) {
  const folder = join(home, name);
  cpSync(join(process.env.FOOTLIGHTS_LAB, "target/footlights/worker"), join(folder, "worker"), { recursive: true });
  cpSync(join(process.env.FOOTLIGHTS_LAB, "target/footlights/pages"), join(folder, "pages"), { recursive: true });
  const models = readdirSync(join(folder, "worker/models")).map((file) => join(folder, "worker/models", file));
  const known = models.filter((file) => readFileSync(file).equals(MODEL));
  assert.equal(known.length, 1);
  writeFileSync(known[0], bytes);
  return folder;
}

/** Plays to the end, and comes back as a page does when the connection is closed; how the game ended. */
async function stays(player, digest) {
  for (;;) {
    const { socket } = player;
    const { code } = await socket.ended;
    const end = socket.inbox.all.find((message) => message.e);
    if (end) return end.e[0];
    assert.equal(code, 1012, "nothing else closes it");
    await player.sit(digest);
    player.live();
  }
}

const damaged = {
  "an empty file": Buffer.alloc(0),
  "half of the file": MODEL.subarray(0, MODEL.length / 2),
  "a page of HTML": Buffer.from("<!DOCTYPE html><title>404</title>"),
};

for (const [name, bytes] of Object.entries(damaged)) {
  test(`${name} in the place of a model is refused, and the game of others goes on`, async (context) => {
    const edge = await startEdge({ quiet: true, built: built(name.replaceAll(" ", "-"), bytes) });
    context.after(() => edge.stop());
    const digest = BigInt(`0x${(await environments(edge.url))[SLIME].fingerprint}`);
    const [left, right] = await seat(edge.url, digest, "slime_human_human", 2);
    const person = await new Participant(edge.url).enter("slime_human_ai");
    assert.equal(await person.leave("start"), 303);
    const lobby = await person.lobby("game");
    // They wait; no room is opened for them.
    await assert.rejects(lobby.inbox.next("m", 5_000));
    assert.equal(lobby.closed, undefined);
    await lobby.close();
    for (const player of [left, right]) assert.equal((await player.socket.inbox.next("e", 120_000))[0], "completed");
    const { events } = await records(edge);
    assert.deepEqual(events.filter(({ kind }) => kind === "lost" || kind === "recovered"), []);
  });
}

test("a model over which the runtime aborts ends no game of others", async (context) => {
  const edge = await startEdge({ quiet: !process.env.LOUD, built: built("impossible", impossible()) });
  context.after(() => edge.stop());
  const digest = BigInt(`0x${(await environments(edge.url))[SLIME].fingerprint}`);
  const [left, right] = await seat(edge.url, digest, "slime_human_human", 2);
  const person = await new Participant(edge.url).enter("slime_human_ai");
  assert.equal(await person.leave("start"), 303);
  const lobby = await person.lobby("game");
  await assert.rejects(lobby.inbox.next("m", 5_000));
  assert.deepEqual(await Promise.all([left, right].map((player) => stays(player, digest))), ["completed", "completed"]);
  const { rows } = await csvOf(edge, "slime_human_human", "game", left.subject);
  assert.deepEqual(rows.map(({ tick }) => Number(tick)), rows.map((_, k) => k + 1));
  // Pages are served as before.
  assert.equal((await new Participant(edge.url).enter("slime_human_human").then((other) => other.page())).status, 200);
});
