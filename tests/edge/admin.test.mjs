// What researchers open in a browser: signing in, the lists, and the files of one game.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { decode } from "@msgpack/msgpack";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { environments, records, settled } from "./data.mjs";
import { Participant } from "./participant.mjs";
import { csv } from "./zip.mjs";

const TOKEN = "a-token-for-the-tests-of-this-edge";
const SECRET = "a secret for the tests of this edge";
const STUDY = "slime_human_ai";
let edge, person, game;

before(async () => {
  edge = await startEdge({ quiet: true, secret: SECRET, vars: { FOOTLIGHTS_ADMIN_TOKEN: TOKEN } });
  const digest = BigInt(`0x${(await environments(edge.url))["slime-volleyball-v0"].fingerprint}`);
  person = await new Participant(edge.url).enter(STUDY);
  assert.equal(await person.leave("start"), 303);
  await person.match("game");
  await person.sit(digest);
  person.live();
  await person.socket.ended;
  assert.equal(await person.leave("game"), 303);
  assert.equal((await person.complete()).status, 200);
  const { seats } = await settled(edge, ({ seats }) => seats.some((row) => row.subject_id === person.subject));
  game = seats.find((row) => row.subject_id === person.subject).game_id;
});
after(() => edge.stop());

const get = (path, headers = {}, options = {}) => fetch(new URL(path, edge.url), { redirect: "manual", headers, ...options });

const signIn = (token, to = "/admin") =>
  get("/admin/sign-in", {}, { method: "POST", body: new URLSearchParams({ token, to }) });

/** The cookies' name and value, and what the browser is told about them. */
async function session() {
  const response = await signIn(TOKEN);
  assert.equal(response.status, 303, await response.text());
  const cookies = response.headers.getSetCookie();
  return { cookies, cookie: cookies[0].split(";")[0] };
}

/** A cookie as the deployment would sign it. */
function signed(value, kind = "admin", secret = SECRET) {
  const payload = Buffer.from(JSON.stringify(value)).toString("base64url");
  return `footlights_admin=${payload}.${createHmac("sha256", secret).update(`${kind}\n${payload}`).digest("base64url")}`;
}

const fingerprint = (token) => createHmac("sha256", SECRET).update(`fingerprint\n${token}`).digest("hex").slice(0, 16);

test("a page without a session is a form for the token, and says nothing of the data", async () => {
  for (const path of ["/admin", `/admin/x/${STUDY}`, `/admin/x/${STUDY}/games/${game}`, "/admin/x/none"]) {
    const response = await get(path);
    assert.equal(response.status, 401, path);
    assert.equal(response.headers.get("cache-control"), "no-store");
    const html = await response.text();
    assert.match(html, /<input[^>]*name="token"[^>]*type="password"/);
    assert.ok(html.includes(`name="to" value="${path}"`));
    assert.ok(!html.includes(person.subject) && !html.includes("export.zip"));
  }
});

test("the token opens for half a day, where it leads to, and nowhere else", async () => {
  const { cookies } = await session();
  assert.deepEqual(cookies.map((cookie) => cookie.match(/Path=([^;]+)/)[1]).sort(), ["/admin", "/api/admin"]);
  for (const cookie of cookies) assert.match(cookie, /HttpOnly.*SameSite=Strict.*Max-Age=43200|Max-Age=43200.*HttpOnly/);
  assert.ok(!cookies.join().includes(TOKEN));
  const [path, away] = await Promise.all([signIn(TOKEN, `/admin/x/${STUDY}?page=2`), signIn(` ${TOKEN}\n`, "https://evil.example/admin")]);
  assert.equal(path.headers.get("location"), `/admin/x/${STUDY}?page=2`);
  assert.equal(away.headers.get("location"), "/admin");
});

test("a wrong token is told beside the field, in the same form", async () => {
  for (const [token, words] of [["wrong", /not the token of this deployment/], ["", /enter the token/], [`${TOKEN}x`, /not the token/]]) {
    const response = await signIn(token, `/admin/x/${STUDY}`);
    assert.equal(response.status, 401);
    assert.deepEqual(response.headers.getSetCookie(), []);
    const html = await response.text();
    assert.match(html, words);
    assert.match(html, /aria-invalid="true" aria-describedby="complaint"/);
    assert.ok(html.includes(`value="/admin/x/${STUDY}"`));
  }
});

test("only a cookie of this deployment, of this token and of these hours opens anything", async () => {
  const later = Date.now() + 3_600_000;
  const good = signed({ expires: later, token: fingerprint(TOKEN) });
  for (const path of ["/admin", `/admin/x/${STUDY}`, "/api/admin/experiments", "/api/admin/costs"]) {
    assert.equal((await get(path, { cookie: good })).status, 200, path);
    for (const [why, cookie] of [
      ["none", ""],
      ["nonsense", "footlights_admin=x.y"],
      ["forged", signed({ expires: later, token: fingerprint(TOKEN) }, "admin", "another secret of somebody")],
      ["signed for something else", signed({ expires: later, token: fingerprint(TOKEN) }, "identity")],
      ["expired", signed({ expires: Date.now() - 1, token: fingerprint(TOKEN) })],
      ["of a token that was replaced", signed({ expires: later, token: fingerprint("the token before this one") })],
      ["changed", `${good.slice(0, -2)}${good.at(-2) === "A" ? "B" : "A"}${good.at(-1)}`],
      ["a participant's", person.cookie],
    ]) {
      const response = await get(path, cookie ? { cookie } : {});
      assert.equal(response.status, 401, `${why} ${path}`);
    }
  }
});

test("a session reads and never changes: that takes the token itself", async () => {
  const { cookie } = await session();
  const path = `/api/admin/experiments/${STUDY}/participants/${person.subject}`;
  for (const method of ["DELETE", "POST", "PUT", "PATCH"]) {
    const response = await get(path, { cookie }, { method });
    assert.equal(response.status, 401, method);
    assert.match((await response.json()).error, /Authorization: Bearer/);
  }
  // A header that is there is what counts.
  assert.equal((await get("/api/admin/experiments", { cookie, authorization: "Bearer wrong" })).status, 401);
  const { participants } = await records(edge);
  assert.ok(participants.some((row) => row.subject_id === person.subject));
});

test("signing out takes the cookies away", async () => {
  const { cookie } = await session();
  const response = await get("/admin/sign-out", { cookie }, { method: "POST" });
  assert.equal(response.status, 303);
  const cookies = response.headers.getSetCookie();
  assert.deepEqual(cookies.map((cookie) => cookie.match(/Path=([^;]+)/)[1]).sort(), ["/admin", "/api/admin"]);
  for (const cookie of cookies) assert.match(cookie, /^footlights_admin=;.*Max-Age=0/);
});

test("studies, games and a game's page lead to each other", async () => {
  const { cookie } = await session();
  const open = async (path) => {
    const response = await get(path, { cookie });
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.match(response.headers.get("content-security-policy"), /script-src 'self' 'wasm-unsafe-eval'/);
    const html = await response.text();
    assert.ok(!/<script[^>]*>[^<]/.test(html) && !/ on[a-z]+=/.test(html), "nothing inline");
    return html;
  };
  const studies = await open("/admin");
  assert.ok(studies.includes(`href="/admin/x/${STUDY}"`) && studies.includes(`/api/admin/experiments/${STUDY}/export.zip`));
  assert.match(studies, /1 participant<.*1 game</);
  const games = await open(`/admin/x/${STUDY}`);
  assert.ok(games.includes(`href="/admin/x/${STUDY}/games/${game}"`) && games.includes(person.subject));
  assert.match(games, /completed/);
  const { games: [row] } = await records(edge);
  const page = await open(`/admin/x/${STUDY}/games/${game}`);
  assert.ok(page.includes(`${row.ticks} ticks in 5 episodes`) && page.includes("/replay/boot.js"));
  for (const [path, status] of [["/admin/x/none", 404], [`/admin/x/${STUDY}/games/none`, 404], [`/admin/x/slime_load/games/${game}`, 404], ["/admin/nothing", 404], ["/admin/x/a%22b", 404]]) {
    const response = await get(path, { cookie });
    assert.equal(response.status, status, path);
    assert.match(await response.text(), /There is no such/);
  }
});

test("games are listed fifty a page, the newest first, also of a study that is gone", async () => {
  const db = await edge.mf.getD1Database("DB");
  const insert = db.prepare("INSERT INTO games VALUES (?, 'gone_study', 'game', 'env', '{}', '1', 30, 'completed', ?, ?, ?)");
  const when = (k) => new Date(Date.UTC(2026, 0, 1, 0, k)).toISOString();
  await db.batch(Array.from({ length: 120 }, (_, k) => insert.bind(`game${k}`, k ? 9 : 0, k ? when(k) : null, k ? when(k) : null)));
  const { cookie } = await session();
  const listed = async (query) => {
    const html = await (await get(`/admin/x/gone_study${query}`, { cookie })).text();
    return { html, ids: [...html.matchAll(/games\/(game\d+)"/g)].map(([, id]) => id) };
  };
  const pages = await Promise.all(["", "?page=2", "?page=3", "?page=x"].map(listed));
  assert.deepEqual(pages.map(({ ids }) => ids.length), [50, 50, 19, 50]);
  assert.deepEqual(pages.slice(0, 3).flatMap(({ ids }) => ids), Array.from({ length: 119 }, (_, k) => `game${119 - k}`));
  assert.ok(pages[2].html.includes("nothing was played"), "a game without a tick has no replay");
  const links = pages.map(({ html }) => [/rel="prev"/.test(html), /rel="next"/.test(html)]);
  assert.deepEqual(links.slice(0, 3), [[false, true], [true, true], [true, false]]);
  assert.match((await listed("?page=9")).html, /no games this far back/);
  const studies = await (await get("/admin", { cookie })).text();
  assert.ok(studies.includes('href="/admin/x/gone_study"') && studies.includes("120 games"));
  assert.ok(!studies.includes("gone_study/export.zip"));
});

test("a replay and the rows of a seat are read by session and by token, and what is not there says so", async () => {
  const { cookie } = await session();
  const files = `/api/admin/experiments/${STUDY}/games/${game}`;
  for (const headers of [{ cookie }, { authorization: `Bearer ${TOKEN}` }]) {
    const replay = await get(`${files}/replay.msgpack`, headers);
    assert.equal(replay.status, 200);
    assert.equal(replay.headers.get("content-type"), "application/vnd.msgpack");
    const { info, episodes } = decode(Buffer.from(await replay.arrayBuffer()), { useBigInt64: true });
    assert.equal(info.game_id, game);
    const table = await get(`${files}/seats/player_0.csv`, headers);
    assert.match(table.headers.get("content-type"), /^text\/csv/);
    assert.equal(table.headers.get("content-disposition"), `attachment; filename="${game}_player_0.csv"`);
    const { rows } = csv(Buffer.from(await table.arrayBuffer()));
    assert.equal(rows.length, episodes.reduce((sum, episode) => sum + episode.actions.length, 0));
    assert.ok(rows.every((row) => row.game_id === game && row.subject_id === person.subject));
  }
  for (const [path, status, words] of [
    [`${files}/seats/player_1.csv`, 404, /a policy played in this seat/],
    [`${files}/seats/player_7.csv`, 404, /no such seat/],
    [`${files}/seats/player_0`, 404, /no such admin route/],
    [`/api/admin/experiments/slime_load/games/${game}/seats/player_0.csv`, 404, /no such seat/],
    [`/api/admin/experiments/slime_load/games/${game}/replay.msgpack`, 404, /no replay of this game is stored/],
    [`/api/admin/experiments/${STUDY}/games/..%2F..%2Fx/replay.msgpack`, 404, /no replay/],
  ]) {
    const response = await get(path, { cookie });
    assert.equal(response.status, status, path);
    assert.match((await response.json()).error, words);
    assert.equal((await get(path)).status, 401);
  }
});

test("after a deletion the game can still be played again, and the seat says that its rows are gone", async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const path = `/api/admin/experiments/${STUDY}/participants/${person.subject}`;
  assert.equal((await get(path, headers, { method: "DELETE" })).status, 200);
  const files = `/api/admin/experiments/${STUDY}/games/${game}`;
  const gone = await get(`${files}/seats/player_0.csv`, headers);
  assert.equal(gone.status, 410);
  assert.match((await gone.json()).error, /deleted/);
  assert.equal((await get(`${files}/replay.msgpack`, headers)).status, 200);
  const { cookie } = await session();
  const html = await (await get(`/admin/x/${STUDY}/games/${game}`, { cookie })).text();
  assert.ok(html.includes("a person whose data were deleted") && !html.includes("player_0.csv"));
});

test("without a token in the deployment the page says how to set one", async () => {
  const bare = await startEdge({ quiet: true, vars: { FOOTLIGHTS_ADMIN_TOKEN: "" } });
  try {
    for (const [path, options] of [["/admin", {}], ["/admin/sign-in", { method: "POST", body: new URLSearchParams({ token: "" }) }]]) {
      const response = await fetch(new URL(path, bare.url), options);
      assert.equal(response.status, 503);
      assert.match(await response.text(), /wrangler secret put FOOTLIGHTS_ADMIN_TOKEN/);
    }
  } finally {
    await bare.stop();
  }
});
