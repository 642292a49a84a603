// What both pages show of a step: meters, facts, bars of actions, and the heat map.

export const $ = (root, name) => root.querySelector(`[data-part="${name}"]`);

const ARROWS = { up: "↑", down: "↓", left: "←", right: "→", interact: "●" };

export const signed = (number) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(1)}`;

/** Sets a text, and touches nothing that is as it was: screen readers would read it again. */
export function words(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The meters of the first agent; `scale` knows how a meter is told. */
export function meters(box, told) {
  for (const [name, value] of Object.entries(told ?? {})) {
    let row = box.querySelector(`[data-meter="${name}"]`);
    if (!row) {
      row = document.createElement("div");
      row.dataset.meter = name;
      row.innerHTML = '<span class="name"></span><span class="track"><span class="fill"></span></span><output></output>';
      row.firstChild.textContent = name[0].toUpperCase() + name.slice(1);
      box.append(row);
    }
    // Money is told as it is, from -100 to 100; what is above 1 is in hundredths.
    const money = name === "money";
    const share = money ? (value + 100) / 200 : value > 1 ? value / 100 : value;
    const percent = Math.round(share * 100);
    row.querySelector(".fill").style.width = `${Math.max(0, Math.min(100, percent))}%`;
    const good = name === "stress" ? 1 - share : share;
    row.dataset.level = good > 0.6 ? "high" : good > 0.3 ? "middle" : "low";
    row.dataset.alarm = String(good < 0.2);
    words(row.querySelector("output"), money ? `$${Math.round(value)}` : `${percent} %`);
  }
  for (const row of [...box.children]) if (!(row.dataset.meter in (told ?? {}))) row.remove();
}

/** A bar for each action: its value, or its probability. */
export function actions(box, names, message) {
  const values = message.q_values ?? message.probabilities;
  box.hidden = !values;
  if (!values) return;
  const isValue = Boolean(message.q_values);
  words(box.querySelector("h2"), isValue ? "What it expects of each action (Q-values)" : "How likely each action was");
  const list = box.querySelector("ul");
  while (list.children.length > values.length) list.lastChild.remove();
  while (list.children.length < values.length) {
    const row = document.createElement("li");
    row.innerHTML = '<span class="name"></span><span class="track"><span class="fill"></span></span><output></output>';
    list.append(row);
  }
  const [low, high] = isValue ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const chosen = Array.isArray(message.action) ? message.action[0] : message.action;
  values.forEach((value, k) => {
    const row = list.children[k];
    words(row.querySelector(".name"), (names[k] ?? String(k)).replaceAll("_", " "));
    const part = high > low ? (value - low) / (high - low) : 1;
    row.querySelector(".fill").style.width = `${Math.max(2, part * 100)}%`;
    row.classList.toggle("chosen", k === chosen);
    words(row.querySelector("output"), isValue ? value.toFixed(2) : `${Math.round(value * 100)} %`);
  });
}

/** Episode, step, rewards and the last action. */
export function facts(root, message, episode) {
  words($(root, "episode"), String(message.episode ?? episode));
  words($(root, "step"), String(message.step));
  const total = $(root, "total");
  words(total, signed(message.cumulative_reward));
  total.dataset.sign = message.cumulative_reward < 0 ? "minus" : "plus";
  words($(root, "reward"), signed(message.reward));
  const agent = (message.grid.agents ?? message.agents)?.[0] ?? Object.values(message.agents ?? {})[0];
  const action = agent?.last_action;
  words($(root, "action"), action ? `${ARROWS[action] ?? ""} ${action}`.trim() : JSON.stringify(message.action));
}

const STOPS = [[0, 0, 255], [0, 255, 255], [0, 200, 0], [255, 255, 0], [255, 0, 0]];

function hot(share) {
  const at = Math.min(share, 1) * (STOPS.length - 1);
  const [a, b] = [STOPS[Math.floor(at)], STOPS[Math.ceil(at)]];
  // What was rarely entered hides little of the picture.
  return `rgb(${a.map((x, k) => Math.round(x + (b[k] - x) * (at - Math.floor(at)))).join(" ")} / ${0.2 + 0.4 * Math.min(share, 1)})`;
}

/** Paints where agents have been over a picture of so many world units. */
export function heat(canvas, under, size, map, shown) {
  const [width, height] = [under.width, under.height];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  for (const side of ["width", "height"]) canvas.style[side] = under.style[side] || `${under.clientWidth}px`;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  if (!shown || !map) return;
  const cell = Math.max(1, Math.max(size.width, size.height) / 64);
  const scale = width / size.width;
  for (const [at, share] of Object.entries(map)) {
    const [x, y] = at.split(",").map(Number);
    context.fillStyle = hot(share);
    context.fillRect(x * cell * scale, y * cell * scale, cell * scale, cell * scale);
  }
}
