// The local edge while somebody writes: it serves again what is built again, and its pages show what is wrong.
//
//   node dev.mjs --root LAB --port 8787 --persist LAB/.wrangler/state/v3
//
// Standard input has a line of JSON for whatever happens, and its end is the end:
//   {"working":true}            something is being built
//   {"problem":"error[E0425]…"} it could not be built
//   {"reload":true}             it is built
//
// `--waiting` names an experiment that needs what is still being built, until the first reload.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { startEdge } from "./edge.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    persist: { type: "string" },
    root: { type: "string", default: process.cwd() },
    built: { type: "string" },
    waiting: { type: "string", multiple: true, default: [] },
  },
});

/** What the pages are told; a page of another `version` loads itself again. */
const news = { version: 1, working: false, problem: null, waiting: values.waiting };
const listeners = new Set();

function tell(changes) {
  Object.assign(news, changes);
  for (const listener of listeners) listener();
}

/** The news as server-sent events, from now on. */
function listen() {
  const encoder = new TextEncoder();
  let send;
  const body = new ReadableStream({
    start(controller) {
      send = () => {
        try {
          controller.enqueue(encoder.encode(`retry: 300\ndata: ${JSON.stringify(news)}\n\n`));
        } catch {
          listeners.delete(send);
        }
      };
      listeners.add(send);
      send();
    },
    cancel: () => listeners.delete(send),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

/** In each page: shows the news, and loads the page again when there is another one. */
const PAGE = `
const own = Number(new URL(import.meta.url).searchParams.get("version"));
let box;
const show = (title, text) => {
  box?.remove();
  box = undefined;
  if (!title) return;
  box = document.createElement("aside");
  box.dataset.dev = text ? "problem" : "working";
  box.setAttribute("role", "alert");
  box.style.cssText = "position:fixed;z-index:99999;right:0;bottom:0;max-width:100%;max-height:100%;overflow:auto;" +
    "margin:0;padding:.6rem 1rem;background:#1b1b1f;color:#fff;font:14px/1.45 system-ui,sans-serif;" +
    (text ? "left:0;border-top:4px solid #e5484d" : "border-top-left-radius:.5rem");
  const heading = document.createElement("strong");
  heading.textContent = title;
  box.append(heading);
  if (text) {
    const hide = document.createElement("button");
    hide.textContent = "Hide";
    hide.style.cssText = "float:right;min-height:0;padding:.1rem .7rem;border:1px solid #888;background:none;color:inherit;font:inherit";
    hide.onclick = () => box.remove();
    box.prepend(hide);
    const words = document.createElement("pre");
    words.style.cssText = "margin:.6rem 0 0;white-space:pre-wrap;font:13px/1.45 ui-monospace,monospace";
    words.textContent = text;
    box.append(words);
  }
  document.body.append(box);
};
new EventSource("/__dev/news").onmessage = ({ data }) => {
  const { version, working, problem } = JSON.parse(data);
  if (version !== own) return location.reload();
  // What was wrong is shown until it is known to be mended.
  if (working) show("Building what was saved…", problem);
  else if (problem) show("What was saved last is not served, because it is wrong", problem);
  else show();
};
`;

/** Goes in front of the lab's worker: the pages are given the program above. */
const FRONT = `
const html = (response) => (response.headers.get("content-type") ?? "").startsWith("text/html");
const waiting = (env) => new Response(
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Not built yet</title>' +
  '<link rel="stylesheet" href="/client/style.css"><link rel="stylesheet" href="/client/pages.css"></head><body><main>' +
  '<section class="page"><h1>Not built yet</h1><p>This experiment plays a model. The runtime of models is being compiled, ' +
  'once, which takes some minutes. This page goes on by itself.</p></section></main></body></html>',
  { status: 503, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } });
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/__dev/news") return env.NEWS.fetch(request);
    if (pathname === "/__dev/page.js") {
      return new Response(env.PAGE, { headers: { "content-type": "text/javascript", "cache-control": "no-store" } });
    }
    const experiment = /^\\/x\\/([^/]+)/.exec(pathname)?.[1];
    const response = env.WAITING.includes(experiment) ? waiting(env) : await env.LAB.fetch(request);
    if (!html(response)) return response;
    const script = '<script type="module" src="/__dev/page.js?version=' + env.VERSION + '"></script>';
    return new HTMLRewriter()
      .on("head", { element: (head) => void head.append(script, { html: true }) })
      .transform(response);
  },
};
`;

const front = (lab) => ({
  name: "footlights-dev",
  modules: true,
  script: FRONT,
  compatibilityDate: "2026-04-21",
  serviceBindings: { LAB: lab, NEWS: listen },
  bindings: { PAGE, WAITING: news.waiting, VERSION: news.version },
});

/** Says on standard error where everything is; and to `export`, in a file. */
async function greet(url) {
  mkdirSync(join(values.root, ".wrangler"), { recursive: true });
  writeFileSync(join(values.root, ".wrangler/footlights.json"), JSON.stringify({ url }));
  const page = await fetch(url, { headers: { accept: "text/html" } }).then((response) => response.text(), () => "");
  const experiments = [...new Set([...page.matchAll(/href="(\/x\/[^"?#]+)/g)].map(([, path]) => path))];
  const lines = ["", `Footlights runs at ${url}`, ...experiments.map((path) => `  ${new URL(path, url)}`), ""];
  lines.push("Every opening of such an address is a new participant: open it in two windows to be two people.");
  lines.push("Save a file, and it is built and served again. Data, in another terminal: the command `export --to FOLDER`.");
  lines.push("Ctrl-C ends it; participants and data stay in .wrangler/state.", "");
  process.stderr.write(lines.join("\n") + "\n");
}

async function follow(edge, line) {
  const { working, problem, reload } = JSON.parse(line);
  if (working) return tell({ working });
  if (problem) return tell({ working: false, problem });
  if (!reload) return;
  const before = { ...news };
  Object.assign(news, { version: news.version + 1, working: false, problem: null, waiting: [] });
  try {
    await edge.reload();
    tell({});
  } catch (error) {
    // What was served is served on.
    process.stderr.write(`error: ${error.message}\n`);
    tell({ ...before, working: false, problem: error.message });
  }
}

try {
  const { port, persist, root, built } = values;
  // On this machine everybody may train, and pages that another program serves here may read.
  const usual = { FOOTLIGHTS_TRAINING: "open", FOOTLIGHTS_CORS_ORIGINS: "http://localhost:*, http://127.0.0.1:*" };
  const edge = await startEdge({ port: Number(port), persist, root, built, front, usual });
  const end = async () => {
    await edge.stop();
    process.exit(0);
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  process.stdout.write(JSON.stringify({ url: edge.url }) + "\n");
  await greet(edge.url);
  for await (const line of createInterface({ input: process.stdin })) {
    await follow(edge, line);
  }
  await end();
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(1);
}
