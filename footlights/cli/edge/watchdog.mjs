// workerd must not outlive the node process that started it, not even when that one is killed without a chance to
// clean up: an orphan would keep the port and hold the databases open.
import { spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { basename } from "node:path";

/** Watches over every workerd that this process starts from now on. Returns what ends the watch. */
export function endWorkerdWithUs() {
  const watchdogs = [];
  const onChild = ({ process: child }) => {
    child.once("spawn", () => {
      if (basename(child.spawnfile).startsWith("workerd")) watchdogs.push(watch(child));
    });
  };
  subscribe("child_process", onChild);
  return () => {
    unsubscribe("child_process", onChild);
    for (const watchdog of watchdogs) watchdog.kill("SIGKILL");
  };
}

// A shell whose standard input is a pipe only we hold: it reads to the end, which comes when we are gone, and then
// kills. In a session of its own, so that Ctrl-C reaches us and not it.
function watch(child) {
  const script = 'cat >/dev/null; kill -9 "$0" 2>/dev/null';
  const options = { stdio: ["pipe", "ignore", "ignore"], detached: true };
  const watchdog = spawn("sh", ["-c", script, String(child.pid)], options);
  watchdog.on("error", () => {}); // no shell, no watchdog
  watchdog.unref();
  watchdog.stdin.unref();
  child.once("exit", () => watchdog.kill("SIGKILL"));
  return watchdog;
}
