// Loads the page's program, and says so in words when that fails. Everything else is in the WebAssembly module.
const verdict = document.getElementById("verdict");
const problem = (why) => {
  verdict.className = "verdict notice";
  verdict.textContent = why;
};

// A trap inside the module leaves it unusable, and no hook of its own runs.
addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) problem(`Something broke: ${error.message}. Please reload the page.`);
});

try {
  const { default: init, start } = await import("./replay.js");
  await init();
  start();
} catch (error) {
  console.error(error);
  problem(
    "The page did not load completely. Please reload it; if that does not help, use a current Chrome, Edge, Firefox or " +
      `Safari. (${error})`,
  );
}
