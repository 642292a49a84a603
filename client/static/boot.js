// Loads the page's program, and says so in words when that fails. Everything else is in the WebAssembly module.

// The address at which a participant comes in says behind the sign who they are, for a browser that keeps no cookie.
const proof = /^#[\w-]{40,}\.[\w-]{40,}$/.test(location.hash) && location.hash.slice(1);
if (proof && document.querySelector("[data-kind=problem][data-arrives]")) {
  location.replace(`${location.pathname}?as=${proof}`);
} else if (proof) {
  history.replaceState(null, "", location.pathname + location.search);
}

// What the server put into the page, by the English sentence; a page in English has none.
const say = (() => {
  try {
    const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
    return (english) => words[english] ?? english;
  } catch {
    return (english) => english;
  }
})();

// `why` is sent by who ends the study here.
const problem = (title, text, detail, why) => {
  document.body.dataset.state = "problem";
  const scene = document.getElementById("scene") ?? document.body;
  // Every other page works without the program, and is better than a message about it: a form, or the code at the end.
  if (scene.querySelector("section") && !scene.querySelector("[data-kind=game], form[data-screening]")) return;
  const section = document.createElement("section");
  section.className = "page problem";
  section.dataset.kind = "problem";
  section.setAttribute("role", "alert");
  const add = (tag, words, className) => {
    const element = document.createElement(tag);
    element.textContent = words;
    if (className) element.className = className;
    section.append(element);
    return element;
  };
  add("h1", say(title));
  add("p", say(text));
  add("a", say("Reload the page"), "button primary").href = location.href;
  if (detail) add("p", detail, "detail");
  // The way to the end, and to a code, of a browser without scripts, for who cannot take part here.
  const way = document.createElement("template");
  way.innerHTML = (why && scene.querySelector("noscript")?.textContent) || "";
  for (const form of way.content.querySelectorAll("form")) {
    form.querySelector("p")?.remove();
    form.querySelector("input[name=no_script]").value = why;
    section.append(form);
  }
  scene.replaceChildren(section);
};

// A trap inside the module (out of memory, stack overflow) leaves it unusable, and no hook of its own runs.
addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError && document.body.dataset.state !== "problem") {
    problem("Something broke", "Your progress is stored. Reload the page to go on where you were.", String(error));
  }
});

// A form that is pressed before the program runs waits for it: the answer to it would be another page, which loads the program
// from the beginning. It goes by itself where the program does not come in time, or not at all.
const PATIENCE_MS = 15_000;
const early = (() => {
  let pressed, timer;
  const hold = (event) => {
    const form = event.target;
    // By its attributes: a question may be called as a property of forms, and then stands in its place.
    const to = new URL(form.getAttribute("action") ?? "", location);
    if (form.getAttribute("method") !== "post" || to.origin !== location.origin) return;
    event.preventDefault();
    if (pressed) return;
    pressed = { form, button: event.submitter };
    form.setAttribute("aria-busy", "true");
    timer = setTimeout(release, PATIENCE_MS);
  };
  const release = () => {
    removeEventListener("submit", hold);
    clearTimeout(timer);
    if (!pressed) return;
    const { form, button } = pressed;
    pressed = undefined;
    form.removeAttribute("aria-busy");
    if (form.isConnected) form.requestSubmit(button);
  };
  addEventListener("submit", hold);
  return { release };
})();

const supported = typeof WebAssembly === "object" && "WebSocket" in window && "ResizeObserver" in window;
if (supported) {
  try {
    const { default: init, start } = await import("./client.js");
    await init();
    start();
    early.release();
  } catch (error) {
    console.error(error);
    if (document.body.dataset.state !== "problem") {
      problem(
        "The page did not load completely",
        "Please check your internet connection and reload the page. If that does not help, please try another browser: a current Chrome, Edge, Firefox or Safari.",
        String(error),
        "not_loaded",
      );
    }
    early.release();
  }
} else {
  problem(
    "This browser is too old",
    "The study needs a current version of Chrome, Edge, Firefox or Safari. Please open the same address there; your place is kept.",
    undefined,
    "too_old",
  );
  early.release();
}
