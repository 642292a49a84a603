// What a test asks of the edge's storage.

/** id -> { golden, fingerprint }. */
export async function environments(url) {
  const response = await fetch(new URL("/api/health", url));
  return (await response.json()).environments;
}

/** All of D1, table by table. */
export async function records(edge) {
  const db = await edge.mf.getD1Database("DB");
  const tables = ["participants", "sessions", "games", "seats", "episodes", "events", "answers"];
  const rows = await Promise.all(tables.map((table) => db.prepare(`SELECT * FROM ${table}`).all()));
  return Object.fromEntries(tables.map((table, k) => [table, rows[k].results]));
}

/** All of D1, once it is as `is` wants it: what happens to a participant is written a second later. */
export async function settled(edge, is, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await records(edge);
    if (is(found)) return found;
    if (Date.now() > end) throw new Error(`D1 did not settle within ${ms} ms: ${JSON.stringify(found).slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A participant's CSV: its header, and its rows by column name. Our columns never need quotes. */
export async function csvOf(edge, experiment, scene, subject) {
  const bucket = await edge.mf.getR2Bucket("DATA");
  const object = await bucket.get(`data/${experiment}/${scene}/${subject}.csv`);
  if (!object) throw new Error(`no CSV of ${subject}`);
  const [header, ...lines] = (await object.text()).trimEnd().split("\n").map((line) => line.split(","));
  for (const line of lines) {
    if (line.length !== header.length) throw new Error(`ragged: ${line.length} fields for ${header.length} columns`);
  }
  return { header, rows: lines.map((line) => Object.fromEntries(header.map((name, k) => [name, line[k]]))) };
}
