// Charts, drawn by uPlot. Where a browser cannot run it, the page goes on without charts: WebKitGTK, for example, names the
// language of its user "C" under the locale C, and no browser formats numbers in that.
let uPlot;
try {
  ({ default: uPlot } = await import("./uPlot.esm.js"));
} catch (error) {
  console.error("charts cannot be drawn", error);
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#888";

/**
 * A chart of one or more lines over episodes, or over steps. It fits the width of its box.
 *
 * @param {HTMLElement} box
 * @param {string} title
 * @param {{ label: string, color: string }[]} lines
 * @param {string} [over] What the lines run over.
 */
export class Chart {
  #plot;
  #data;

  constructor(box, title, lines, over = "Episode") {
    this.#data = [[], ...lines.map(() => [])];
    if (uPlot === undefined) {
      box.textContent = `${title}: this browser cannot draw charts.`;
      return;
    }
    const axis = { stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
    const options = {
      title,
      width: Math.max(box.clientWidth, 120),
      height: 160,
      cursor: { drag: { x: false, y: false } },
      legend: { live: false },
      scales: { x: { time: false } },
      axes: [{ ...axis, incrs: [1, 2, 5].flatMap((k) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].map((n) => k * n)).sort((a, b) => a - b) }, { ...axis, size: 48 }],
      series: [{ label: over }, ...lines.map(({ label, color }) => ({ label, stroke: color, width: 2, spanGaps: true, points: { size: 4 } }))],
    };
    this.#plot = new uPlot(options, this.#data, box);
    new ResizeObserver(() => this.#plot.setSize({ width: Math.max(box.clientWidth, 120), height: 160 })).observe(box);
  }

  /** Adds an episode; one number a line. */
  add(episode, ...values) {
    this.#data[0].push(episode);
    values.forEach((value, line) => this.#data[line + 1].push(value));
    this.#plot?.setData(this.#data);
  }

  /** All episodes at once. */
  set(episodes, ...columns) {
    this.#data = [[...episodes], ...columns.map((column) => [...column])];
    this.#plot?.setData(this.#data);
  }

  clear() {
    this.set([], ...this.#data.slice(1).map(() => []));
  }
}
