// A lab's repository from nothing to data: made by `new`, with an environment and an experiment that are in no other
// place, tested, built, played in Chromium and exported. FOOTLIGHTS_XTASK is the command that makes it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { begin, launch, person, state } from "../browser/chromium.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "footlights-lab-"));
const lab = join(home, "our-lab");
after(() => rmSync(home, { recursive: true, force: true }));

/** Runs a command to its end; what it printed. */
function run(program, args, cwd = lab) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(" ")} in ${cwd}:\n${stdout}\n${stderr}`));
      else resolve(stdout + stderr);
    });
  });
}

const edit = (file, change) => writeFileSync(join(lab, file), change(readFileSync(join(lab, file), "utf8")));

function filesBelow(directory) {
  const inside = (name) => join(directory, name);
  return readdirSync(directory).flatMap((name) => (statSync(inside(name)).isDirectory() ? filesBelow(inside(name)) : [inside(name)]));
}

test("a new lab has at most 12 files and 400 lines", async () => {
  await run(process.env.FOOTLIGHTS_XTASK, ["new", lab, "--env", "treasure-hunt", "--players", "3"], ROOT);
  const files = filesBelow(lab);
  assert.ok(files.length <= 12, files.join("\n"));
  const lines = files.map((file) => readFileSync(file, "utf8").split("\n").length - 1).reduce((a, b) => a + b);
  assert.ok(lines <= 400, `${lines} lines`);
  assert.ok(files.every((file) => !readFileSync(file, "utf8").includes("{{")), "no name is left to fill in");
});

test("its tests pass, with an environment, an experiment and hooks that it brings along", async () => {
  copyFileSync(fileURLToPath(new URL("lever.rs", import.meta.url)), join(lab, "src/lever.rs"));
  edit("src/lib.rs", (text) =>
    text
      .replace("mod treasure_hunt;", "mod lever;\nmod treasure_hunt;")
      .replace("App::new()", "App::new().environment::<lever::Lever>().experiment(lever::experiment)"),
  );
  // The versions that this repository is tested with. A lab of its own resolves them once and keeps its lockfile.
  copyFileSync(join(ROOT, "Cargo.lock"), join(lab, "Cargo.lock"));
  const printed = await run("cargo", ["test"]);
  assert.match(printed, /bots_walk_through_every_experiment ... ok/);
  assert.match(printed, /environments_pass_the_conformance_kit ... ok/);
});

test("a golden digest is accepted, and another game is told until it is accepted", async () => {
  assert.match(await run("cargo", ["run", "--quiet", "--", "golden", "--accept"]), /2 digests/);
  await run("cargo", ["run", "--quiet", "--", "golden"]);
  const counted = "state.pulls += u32::from(";
  edit("src/lever.rs", (text) => text.replace(counted, counted.replace("u32", "2 * u32")));
  await assert.rejects(run("cargo", ["run", "--quiet", "--", "golden"]), /lever-v0: \w{16}, was \w{16}/);
  await assert.rejects(run("cargo", ["test", "--quiet", "golden"]), /lever-v0: \w{16}, was \w{16}/);
  edit("src/lever.rs", (text) => text.replace(counted.replace("u32", "2 * u32"), counted));
});

test("a wrong experiment is refused before anything is built, with its scene and option", async () => {
  edit("src/lever.rs", (text) => text.replace(".seat(Seat::Human)", ""));
  await assert.rejects(run("cargo", ["run", "--quiet", "--", "build"]), (error) => {
    assert.match(error.message, /experiment "lever", scene "game", seats: 0 seats for 1 agents of lever-v0/);
    assert.doesNotMatch(error.message, /compiling, part/);
    return true;
  });
  edit("src/lever.rs", (text) => text.replace(".execution(Execution::Browser)", ".execution(Execution::Browser)\n        .seat(Seat::Human)"));
});

test("it is served, played in Chromium and exported", async () => {
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const dev = spawn("cargo", ["run", "--quiet", "--", "dev", "--port", String(port)], {
    cwd: lab,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const browser = await launch();
  try {
    let url;
    for await (const line of createInterface({ input: dev.stdout })) {
      ({ url } = JSON.parse(line));
      break;
    }
    assert.equal(url, `http://127.0.0.1:${port}/`, "its words are above");
    const health = await (await fetch(new URL("api/health", url))).json();
    assert.deepEqual(Object.keys(health.environments), ["lever-v0", "treasure-hunt-v0"]);
    assert.equal(health.status, "ok");

    const alone = await person(browser);
    await begin(alone, url, "lever");
    await state(alone, "running");
    for (const key of ["ArrowLeft", "ArrowRight", "ArrowLeft", "ArrowRight"]) {
      await alone.keyboard.press(key, { delay: 300 });
    }
    await alone.locator("#scene [data-scene=survey]").waitFor();
    await alone.locator("input[type=radio]").nth(2).check();
    await alone.locator("#scene form button[type=submit]").click();
    await alone.getByText("You scored").waitFor();
    assert.deepEqual(alone.problems, []);

    const three = await Promise.all([1, 2, 3].map(() => person(browser)));
    await Promise.all(
      three.map(async (page) => {
        await page.goto(`${url}x/treasure_hunt`);
        await page.locator("section[data-kind=start] button[type=submit]").click();
        await page.locator("#scene [data-scene=instructions]").waitFor();
        await page.locator("#scene form button[type=submit]").click();
        await state(page, "running");
        await page.keyboard.press("ArrowRight", { delay: 500 });
      }),
    );
    await three[0].screenshot({ path: join(process.env.FOOTLIGHTS_SHOTS ?? home, "treasure-hunt.png") });
    assert.deepEqual(three.flatMap((page) => page.problems), []);

    const printed = await run("cargo", ["run", "--quiet", "--", "export", "--to", "data"]);
    assert.match(printed, /lever: \d+ files/);
    const steps = filesBelow(join(lab, "data/lever/dataset/data/steps")).map((file) => readFileSync(file, "utf8"));
    assert.equal(steps.length, 1);
    const [header, ...rows] = steps[0].trim().split("\n");
    assert.ok(header.includes("hooks.payments"), header);
    assert.equal(rows.length, 60);
  } finally {
    await browser.close();
    if (dev.exitCode === null) process.kill(-dev.pid, "SIGTERM");
  }
});
