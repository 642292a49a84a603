// The picture of a game with the heat map over it.
import { Stage } from "./watch.js";
import { $, heat } from "./view.js";

/** How image files begin. */
const FILES = [
  { kind: "image/png", magic: [0x89, 0x50, 0x4e, 0x47] },
  { kind: "image/jpeg", magic: [0xff, 0xd8, 0xff] },
  { kind: "image/webp", magic: [0x52, 0x49, 0x46, 0x46] },
];

export class Picture {
  #stage;
  #image = new Image();
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
    this.#image.hidden = true;
    this.#image.alt = "What the agents do";
    this.#image.className = "frame";
    this.#box.append(this.#image);
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

  /** A picture as it was sent: one of Footlights, or an image file of a trainer elsewhere. */
  take(bytes) {
    const kind = FILES.find(({ magic }) => magic.every((byte, k) => bytes[k] === byte))?.kind;
    this.#image.hidden = !kind;
    if (kind) return this.#file(new Blob([bytes], { type: kind }));
    this.#stage.picture(bytes);
    this.#box.style.aspectRatio = `${this.#stage.width} / ${this.#stage.height}`;
    this.#painted = performance.now();
  }

  #file(blob) {
    const before = this.#image.src;
    this.#image.src = URL.createObjectURL(blob);
    this.#image.onload = () => {
      if (before) URL.revokeObjectURL(before);
      this.#box.style.aspectRatio = `${this.#image.naturalWidth} / ${this.#image.naturalHeight}`;
    };
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
