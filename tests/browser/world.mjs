// What every browser test stands on: a local edge of its own and a Chromium, for as long as a file's tests run.
import { after, before } from "node:test";

import { startEdge } from "../../footlights/cli/edge/edge.mjs";
import { launch } from "./chromium.mjs";

export let edge, browser;

/** What opens the researchers' pages of this edge. */
export const TOKEN = "a-token-for-the-tests-of-this-edge";

before(async () => {
  [edge, browser] = await Promise.all([startEdge({ quiet: !process.env.LOUD, vars: { FOOTLIGHTS_ADMIN_TOKEN: TOKEN } }), launch()]);
});
after(async () => {
  await browser.close();
  await edge.stop();
});

/** A participant's id, from the address. */
export const subject = (page) => new URL(page.url()).pathname.split("/").at(-1);
