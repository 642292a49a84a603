// The picture of a game with the heat map over it.
import { Stage } from "./watch.js";
import { $, heat } from "./view.js";

export class Picture {
  #stage;
  #box;
  #root;
  #images;
  #map;
  #hot = true;
  #painted = performance.now();
  #glide;

  /**
   * @param {HTMLElement} root What holds the parts `stage` and `heat-map`.
   * @param {() => number} glide Milliseconds between two pictures, in which things glide.
   */
  constructor(root, glide) {
    this.#root = root;
    this.#box = $(root, "stage");
    this.#stage = new Stage(this.#box, "What the agents do");
    this.#glide = glide;
    new ResizeObserver(() => this.#paint(1)).observe(this.#box);
    const frame = () => {
      if (!root.isConnected) return;
      this.#paint(Math.min(1, (performance.now() - this.#painted) / this.#glide()));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  get canvas() {
    return this.#stage.canvas;
  }

  /** Whether the heat map is shown. */
  get hot() {
    return this.#hot;
  }

  set hot(is) {
    this.#hot = is;
    $(this.#root, "heat").setAttribute("aria-pressed", String(is));
    this.#paint(1);
  }

  /** The images of an environment, by name; nothing happens where they are there. */
  images(environment, images) {
    if (!images || this.#images === environment) return;
    this.#images = environment;
    this.#stage.images(JSON.stringify({ images }), () => this.#paint(1));
  }

  /** A picture as it was sent. */
  take(bytes) {
    this.#stage.picture(bytes);
    this.#box.style.aspectRatio = `${this.#stage.width} / ${this.#stage.height}`;
    this.#painted = performance.now();
  }

  /** Where agents have been. */
  map(map) {
    this.#map = map;
  }

  #paint(t) {
    this.#stage.paint(t);
    heat($(this.#root, "heat-map"), this.#stage.canvas, this.#stage, this.#map, this.#hot);
  }
}
