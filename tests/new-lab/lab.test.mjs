// A lab's repository from nothing to data: made by `new`, with an environment and an experiment that are in no other
// place, tested, built, played in Chromium and exported. FOOTLIGHTS_XTASK is the command that makes it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { begin, find, launch, person, state } from "../browser/chromium.mjs";

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
  writeFileSync(join(lab, "assets/bell.wav"), tone());
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
    assert.doesNotMatch(error.message, /footlights: compiling/);
    return true;
  });
  edit("src/lever.rs", (text) => text.replace(".execution(Execution::Browser)", ".execution(Execution::Browser)\n        .seat(Seat::Human)"));
});

test("what a game draws or plays and does not declare, and a file that is missing, are told before anything is built", async () => {
  const check = () => run("cargo", ["run", "--quiet", "--", "check"]);
  rmSync(join(lab, "assets/bell.wav"));
  await assert.rejects(check(), /experiment "lever", scene "game": there is no file ".*bell\.wav"/);
  writeFileSync(join(lab, "assets/bell.wav"), tone());
  edit("src/lever.rs", (text) => text.replace('.image("objects"', '.image("things"'));
  await assert.rejects(check(), /scene "game": lever-v0 draws the image "objects", which the scene does not declare/);
  edit("src/lever.rs", (text) => text.replace('.image("things"', '.image("objects"'));
  assert.match(await check(), /2 experiments configured right/);
});

/** A tenth of a second of a tone, as a WAV file. */
function tone() {
  const samples = Int16Array.from({ length: 800 }, (_, k) => 8000 * Math.sin(k / 3));
  const header = Buffer.alloc(44);
  header.write("RIFF");
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(16000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

const COIN = [242, 193, 78];
/** The third player, who is painted over the others. */
const PERSON = [61, 154, 106];

async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

describe("served by `dev`", () => {
  let dev, url, browser;

  before(async () => {
    const port = await freePort();
    dev = spawn("cargo", ["run", "--quiet", "--", "dev", "--port", String(port)], {
      cwd: lab,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    for await (const line of createInterface({ input: dev.stdout })) {
      ({ url } = JSON.parse(line));
      break;
    }
    assert.equal(url, `http://127.0.0.1:${port}/`, "its words are above");
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    if (dev?.exitCode === null) process.kill(-dev.pid, "SIGTERM");
  });

  test("the deployment is well", async () => {
    const health = await (await fetch(new URL("api/health", url))).json();
    assert.deepEqual(Object.keys(health.environments), ["lever-v0", "treasure-hunt-v0"]);
    assert.equal(health.status, "ok");
  });

  /** Plays the lever to the end; `see` looks at the running game. */
  async function pullLevers(page, see) {
    await begin(page, url, "lever");
    await state(page, "running");
    await see(page);
    for (const key of ["ArrowLeft", "ArrowRight", "ArrowLeft", "ArrowRight"]) {
      await page.keyboard.press(key, { delay: 300 });
    }
    await page.locator("#scene [data-scene=survey]").waitFor();
    await page.locator("input[type=radio]").nth(2).check();
    await page.locator("#scene form button[type=submit]").click();
    await page.getByText("You scored").waitFor();
  }

  test("one person plays in their browser, sees the frame of an atlas and hears a sound", async () => {
    const page = await person(browser);
    await page.addInitScript(() => {
      window.heard = [];
      const play = HTMLMediaElement.prototype.play;
      HTMLMediaElement.prototype.play = function () {
        window.heard.push(new URL(this.src).pathname);
        return play.call(this);
      };
    });
    await pullLevers(page, async () => {
      const { count, y } = await find(page, COIN);
      assert.ok(count > 100 && y < 0.5, `${count} pixels of the coin, at ${y}`);
    });
    const heard = await page.evaluate(() => window.heard);
    assert.ok(heard.length >= 1 && heard.every((path) => path === "/assets/bell.wav"), heard.join(" "));
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  test("three people see the frames of a sprite sheet that the edge draws", async () => {
    const three = await Promise.all([1, 2, 3].map(() => person(browser)));
    await Promise.all(
      three.map(async (page) => {
        await page.goto(`${url}x/treasure_hunt`);
        await page.locator("section[data-kind=start] button[type=submit]").click();
        await page.locator("#scene [data-scene=instructions]").waitFor();
        await page.locator("#scene form button[type=submit]").click();
        await state(page, "running");
      }),
    );
    // Nobody moves: each stands in a cell of their own, as at the start.
    for (const page of three) {
      for (const color of [COIN, PERSON]) {
        const { count } = await find(page, color);
        assert.ok(count > 100, `${count} pixels of ${color}`);
      }
    }
    await shoot(three[0], "treasure-hunt");
    assert.deepEqual(three.flatMap((page) => page.problems), []);
    await Promise.all(three.map((page) => page.context().close()));
  });

  test("an image that does not load is a placeholder and an event, and the game goes on", async () => {
    const page = await person(browser);
    await page.route("**/assets/sprites.svg", (route) => route.abort());
    await pullLevers(page, async () => {
      assert.equal((await find(page, COIN)).count, 0);
      await shoot(page, "placeholder");
    });
    const subject = new URL(page.url()).pathname.split("/").at(-1);
    await page.context().close();
    await exported();
    const events = readFileSync(join(lab, "data/lever/dataset/data/study-lever_description-events_data.csv"), "utf8").split("\n");
    const failed = events.filter((line) => line.includes("asset_failed"));
    assert.ok(failed.length === 1 && failed[0].includes("sprites.svg") && failed[0].includes(subject), failed.join("\n"));
  });

  /** The data of both experiments, by the lab's own command. */
  const exported = () => run("cargo", ["run", "--quiet", "--", "export", "--to", "data"]);

  test("the data are exported, with the columns of the lab's hooks", async () => {
    assert.match(await exported(), /lever: \d+ files/);
    const steps = filesBelow(join(lab, "data/lever/dataset/data/steps")).map((file) => readFileSync(file, "utf8"));
    assert.equal(steps.length, 2);
    const [header, ...rows] = steps[0].trim().split("\n");
    assert.ok(header.includes("hooks.payments"), header);
    assert.equal(rows.length, 60);
  });

  test("bots take part in what `dev` serves, by the lab's own command", async () => {
    const options = ["--experiment", "treasure_hunt", "--participants", "6", "--url", url, "--json"];
    const printed = await run("cargo", ["run", "--quiet", "--", "simulate", ...options]);
    const report = JSON.parse(printed.split("\n").find((line) => line.startsWith("{")));
    assert.deepEqual([report.errors, report.outcomes, report.games], [[], { completed: 6 }, 2]);
  });

  /** A snippet of the book's chapter about data, for this lab. */
  const snippet = (language) => {
    const chapter = readFileSync(join(ROOT, "docs/book/src/data.md"), "utf8");
    return chapter.split("```" + language + "\n")[1].split("```")[0].replaceAll("data/coins", "data/treasure_hunt");
  };

  for (const [language, variable, file] of [["python", "FOOTLIGHTS_PYTHON", "look.py"], ["r", "FOOTLIGHTS_RSCRIPT", "look.R"]]) {
    const program = process.env[variable];
    test(`the book's ${language} reads the export`, { skip: program ? false : `${variable} is not set` }, async () => {
      await exported();
      writeFileSync(join(home, file), snippet(language));
      const printed = await run(program, [join(home, file)]);
      // A line for each of the two games that bots played to the end.
      assert.ok(printed.split("\n").filter((line) => /\bg[0-9a-f]{24}\b/.test(line)).length >= 2, printed);
    });
  }

  const gymnasium = process.env.FOOTLIGHTS_GYMNASIUM;
  test("Python plays the lab's environments and reads its export", { skip: gymnasium ? false : "no Gymnasium" }, async () => {
    await exported();
    await run("cargo", ["run", "--quiet", "--", "python", "--install", gymnasium]);
    copyFileSync(fileURLToPath(new URL("look.py", import.meta.url)), join(home, "gym.py"));
    const printed = await run(gymnasium, [join(home, "gym.py")]);
    assert.match(printed, /120 demonstrations of lever-v0/);
    assert.match(printed, /3 agents of treasure-hunt-v0/);
  });

  test("a replay shows the image, and so does a film of it", async () => {
    const page = await person(browser, { acceptDownloads: true });
    const token = /FOOTLIGHTS_ADMIN_TOKEN=(\w+)/.exec(readFileSync(join(lab, ".dev.vars"), "utf8"))[1];
    await page.request.post(`${url}admin/sign-in`, { form: { token, to: "/admin" }, maxRedirects: 0 });
    await page.goto(`${url}admin/x/lever`);
    await page.getByRole("link", { name: /Replay of game/ }).first().click();
    await page.locator("#controls:not([disabled])").waitFor();
    const coin = () => page.evaluate(([r, g, b]) => {
      const canvas = document.querySelector("#views canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let k = 0; k < data.length; k += 4) {
        count += Math.max(Math.abs(data[k] - r), Math.abs(data[k + 1] - g), Math.abs(data[k + 2] - b)) <= 12;
      }
      return count;
    }, COIN);
    // The picture is painted again when the image is there.
    const until = Date.now() + 30_000;
    while ((await coin()) === 0 && Date.now() < until) await painted(page);
    assert.ok((await coin()) > 100, `${await coin()} pixels of the coin`);
    await shoot(page, "replay");
    const [download] = await Promise.all([page.waitForEvent("download", { timeout: 60_000 }), page.locator("#film").click()]);
    const film = readFileSync(await download.path());
    // Elsewhere: the pages here show no media of other origins.
    const elsewhere = await page.context().newPage();
    const count = await elsewhere.evaluate(async ([base64, [r, g, b]]) => {
      const video = document.createElement("video");
      video.muted = true;
      video.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "video/webm" }));
      await new Promise((done, fail) => Object.assign(video, { onseeked: done, onerror: fail, onloadeddata: () => (video.currentTime = 1) }));
      const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
      const context = canvas.getContext("2d");
      context.drawImage(video, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let k = 0; k < data.length; k += 4) {
        // A film keeps colours less exactly than a picture.
        count += Math.max(Math.abs(data[k] - r), Math.abs(data[k + 1] - g), Math.abs(data[k + 2] - b)) <= 32;
      }
      return count;
    }, [film.toString("base64"), COIN]);
    assert.ok(count > 100, `${count} pixels of the coin`);
    await page.context().close();
  });

  test("a saved file is served again by itself, and what is wrong with it is shown in the page", async () => {
    const page = await person(browser);
    await page.goto(`${url}x/lever`);
    await page.getByText("Find the side that pays.").waitFor();
    edit("src/lever.rs", (text) => text.replace("Find the side that pays.", "Find the better side."));
    await page.getByText("Find the better side.").waitFor({ timeout: 120_000 });

    edit("src/lever.rs", (text) => text.replace("state.paid = right;", "state.paid = wrong;"));
    const problem = page.locator("[data-dev=problem]");
    await problem.waitFor({ timeout: 120_000 });
    assert.match(await problem.innerText(), /cannot find value `wrong` in this scope/);
    await shoot(page, "compiler");
    /** Until another build is served: a page of it is a new one, without a word about a problem. */
    const served = async (mend) => {
      await page.evaluate(() => (window.stale = true));
      mend();
      const fresh = () => !window.stale && document.readyState === "complete" && !document.querySelector("[data-dev]");
      await page.waitForFunction(fresh, null, { timeout: 120_000 });
      await page.getByText("Find the better side.").waitFor();
    };
    await served(() => edit("src/lever.rs", (text) => text.replace("state.paid = wrong;", "state.paid = right;")));

    edit("src/lever.rs", (text) => text.replace("        .seat(Seat::Human)\n", ""));
    await problem.waitFor({ timeout: 120_000 });
    assert.match(await problem.innerText(), /scene "game", seats: 0 seats for 1 agents of lever-v0/);
    const seat = '        .seat(Seat::Human)\n';
    await served(() => edit("src/lever.rs", (text) => text.replace('        .action(&["ArrowLeft"]', seat + '        .action(&["ArrowLeft"]')));
    await page.context().close();
  });
});

test("another version of Footlights is one line of the manifest", async () => {
  // A repository of Footlights with two versions.
  const upstream = join(home, "footlights");
  mkdirSync(upstream);
  const left = ["target", "node_modules", ".git", ".wrangler"].map((name) => `--exclude=${name}`);
  await run("sh", ["-c", `tar -C "$0" ${left.join(" ")} -cf - . | tar -C "$1" -xf -`, ROOT, upstream], home);
  const git = (...args) => run("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...args], upstream);
  const publish = async (tag) => {
    await git("add", "--all");
    await git("commit", "--quiet", "--message", tag);
    await git("tag", tag);
  };
  await git("init", "--quiet");
  await publish("v1");
  const manifest = join(upstream, "Cargo.toml");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replaceAll('version = "0.1.0"', 'version = "0.2.0"'));
  await publish("v2");

  const other = join(home, "other-lab");
  await run(process.env.FOOTLIGHTS_XTASK, ["new", other, "--env", "coins", "--players", "1"], ROOT);
  copyFileSync(join(ROOT, "Cargo.lock"), join(other, "Cargo.lock"));
  const path = join(other, "Cargo.toml");
  const version = (tag) => {
    const source = /footlights = \{ (path = "[^"]*"|git = "[^"]*", tag = "[^"]*")/g;
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replaceAll(source, `footlights = { git = "file://${upstream}", tag = "${tag}"`));
  };
  version("v1");
  assert.match(await run("cargo", ["run", "--quiet", "--", "--version"], other), /0\.1\.0/);
  version("v2");
  assert.match(await run("cargo", ["run", "--quiet", "--", "--version"], other), /0\.2\.0/);
  assert.match(await run("cargo", ["run", "--quiet", "--", "rebuild", "--report", join(home, "problem.txt")], other), /packing .*worker/);
});

/** Until the page has painted once more. */
const painted = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Keeps a picture of a page where FOOTLIGHTS_SHOTS says. */
const shoot = (page, name) => page.screenshot({ path: join(process.env.FOOTLIGHTS_SHOTS ?? home, `${name}.png`) });
