// The time axis and what lies under the pointer: pure geometry in CSS pixels.

import { clamp } from "./curve.js";

const LABEL_WIDTH = 70; // pixels between two labels of the ruler, at least
const STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600, 7200];

/** From time to x and back: `start` seconds at x = 0, `scale` pixels a second. */
export class TimeScale {
  constructor(seconds, width) {
    this.seconds = seconds;
    this.width = width;
    this.fit();
  }

  get smallest() {
    return this.width / (this.seconds * 1.02);
  }

  fit() {
    this.start = 0;
    this.scale = this.smallest;
  }

  /** Another length or width: a view of the whole stays one, another keeps its beginning and its scale. */
  resize(seconds, width) {
    const whole = this.start === 0 && Math.abs(this.scale - this.smallest) < 1e-6 * this.scale;
    this.seconds = seconds;
    this.width = Math.max(width, 1);
    if (whole) this.fit();
    else this.keepInside();
  }

  x(time) {
    return (time - this.start) * this.scale;
  }

  time(x) {
    return this.start + x / this.scale;
  }

  get end() {
    return this.time(this.width);
  }

  /** Zooms by a factor; the time at x stays where it is. */
  zoom(x, factor) {
    const time = this.time(x);
    this.scale = clamp(this.scale * factor, this.smallest, Math.max(this.smallest, 2400));
    this.start = time - x / this.scale;
    this.keepInside();
  }

  pan(pixels) {
    this.start += pixels / this.scale;
    this.keepInside();
  }

  /** Scrolls as little as needed for a time to be in view, with a margin. */
  reveal(time, margin = 0.08) {
    const room = (this.width * margin) / this.scale;
    if (time < this.start + room) this.start = time - room;
    else if (time > this.end - room) this.start = time + room - this.width / this.scale;
    this.keepInside();
  }

  keepInside() {
    this.scale = Math.max(this.scale, this.smallest);
    this.start = clamp(this.start, 0, Math.max(0, this.seconds * 1.02 - this.width / this.scale));
  }

  /** Marks of the ruler in view: [{time, label}], the label null at small ones. */
  ticks() {
    const step = STEPS.find((each) => each * this.scale >= LABEL_WIDTH) ?? STEPS[STEPS.length - 1];
    const small = step / (step === 0.04 ? 1 : step === 15 || step === 30 || step === 60 ? 3 : step === 0.2 || step === 2 ? 4 : 5);
    const marks = [];
    for (let k = Math.max(0, Math.floor(this.start / small)); k * small <= Math.min(this.end, this.seconds + 1e-6); k++) {
      const time = k * small;
      const whole = Math.abs(time / step - Math.round(time / step)) < 1e-6;
      marks.push({ time, label: whole ? clock(time, step < 1 ? 2 : 0) : null });
    }
    return marks;
  }
}

/** "1:05" or "0:01.20". */
export function clock(seconds, digits = 2) {
  const rounded = Number(seconds.toFixed(digits));
  const minutes = Math.floor(rounded / 60);
  const rest = (rounded - 60 * minutes).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

/** The nearest frame's time when snapping is on; never before 0. */
export function snapped(time, fps, on = true) {
  const near = on ? Math.round(Math.round(time * fps) * (1e6 / fps)) / 1e6 : Math.round(time * 1e4) / 1e4;
  return Math.max(near, 0);
}

/** Tops of rows of these heights, one below the other, the total last. */
export function tops(heights) {
  const result = [0];
  for (const height of heights) result.push(result[result.length - 1] + height);
  return result;
}

/** The row at y, or -1. */
export function rowAt(rowTops, y) {
  if (y < 0) return -1;
  for (let row = 0; row + 1 < rowTops.length; row++) if (y < rowTops[row + 1]) return row;
  return -1;
}

/** The nearest of points [{x, y}] within a radius, the last of equals; null when none is. */
export function nearest(points, x, y, radius) {
  let best = null;
  let least = radius * radius;
  for (const point of points) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance <= least) [best, least] = [point, distance];
  }
  return best;
}

export const insideBox = (point, box) =>
  point.x >= Math.min(box.x0, box.x1) &&
  point.x <= Math.max(box.x0, box.x1) &&
  point.y >= Math.min(box.y0, box.y1) &&
  point.y <= Math.max(box.y0, box.y1);

const EDGE = 7; // pixels of a block that are its edge
const OUTSIDE = 3; // pixels beside a block that still are
const SEAM = 3; // pixels on either side of where two blocks touch

/**
 * What of blocks [{from, to, item}] in pixels lies at x: {item, part: "start" | "end" | "body", x: of that edge}; where
 * two touch, the edge of the one that x is in, and on the seam both: {item, part: "seam", next, x}. Of blocks that
 * overlap the last one.
 */
export function blockAt(blocks, x) {
  const beside = (block) => Math.max(block.from - x, x - block.to, 0);
  const near = [...blocks].reverse().filter((block) => beside(block) <= OUTSIDE);
  const block = near.find((each) => !beside(each)) ?? near.sort((a, b) => beside(a) - beside(b))[0];
  if (!block) return null;
  const thin = (each) => (each.to - each.from) / 3;
  for (const next of blocks) {
    const before = blocks.find((each) => each !== next && Math.abs(each.to - next.from) < 1);
    if (!before || (block !== before && block !== next)) continue;
    if (Math.abs(x - next.from) <= Math.min(SEAM, thin(before), thin(next))) {
      return { item: before.item, part: "seam", next: next.item, x: next.from };
    }
  }
  const edge = Math.min(EDGE, thin(block));
  const part = x < block.from + edge ? "start" : x > block.to - edge ? "end" : "body";
  return { item: block.item, part, x: part === "start" ? block.from : block.to };
}
