// Runs a local edge until standard input ends, so that it never outlives whoever holds the other end.
//   argv: `direct` or `whole`; the path of edge.mjs, which must not come first: edge.mjs would take itself for the program
import { pathToFileURL } from "node:url";

const [mode, script] = process.argv.slice(1);
const { startEdge } = await import(pathToFileURL(script).href);
const edge = await startEdge({ quiet: true, direct: mode === "direct" });
process.stdout.write(JSON.stringify({ url: edge.url }) + "\n");
process.stdin.resume().once("close", async () => {
  await edge.stop();
  process.exit(0);
});
// Ctrl-C goes to everybody in the terminal; who holds the other end decides.
process.on("SIGINT", () => {});
