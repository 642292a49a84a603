// Downloads the data of experiments, one ZIP file each, and prints their names as JSON, a line each.
//
//   node export.mjs URL FOLDER [EXPERIMENT …]      with FOOTLIGHTS_ADMIN_TOKEN in the environment
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const [url, folder, ...asked] = process.argv.slice(2);

async function get(path) {
  const address = new URL(`/api/admin/${path}`, url);
  const headers = { authorization: `Bearer ${process.env.FOOTLIGHTS_ADMIN_TOKEN}` };
  const response = await fetch(address, { headers }).catch((error) => {
    const local = ["127.0.0.1", "localhost"].includes(new URL(address).hostname);
    const hint = local ? "; is `cargo run -- dev` running?" : "";
    throw new Error(`${address} cannot be reached: ${error.cause?.message ?? error.message}${hint}`);
  });
  if (response.ok) return response;
  const said = await response.text();
  let words = said.trim();
  try {
    words = JSON.parse(said).error ?? words;
  } catch {
    // Not the worker's own answer.
  }
  throw new Error(`${address}: ${response.status}: ${words}`);
}

try {
  const experiments = asked.length ? asked : (await (await get("experiments")).json()).experiments.map(({ id }) => id);
  for (const experiment of experiments) {
    const file = join(folder, `.${experiment}.zip`);
    const response = await get(`experiments/${encodeURIComponent(experiment)}/export.zip`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
    process.stdout.write(JSON.stringify({ experiment, file }) + "\n");
  }
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(1);
}
