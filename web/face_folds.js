// Creases that an expression draws into the skin (folds.py): soft strokes along chains of landmarks, each keyed to units.

import { catmullRom, clamp } from "./face_maths.js";

export const FOLD_SIZE = 128; // pixels of a map's side, which covers the crop
export const FOLD_MAPS = 5; // pictures side by side, four folds in the channels of each
export const FOLD_GAIN = 3; // the darkest fold is .3 deep; its map uses all of a byte

/** All fold maps as one RGBA picture of FOLD_MAPS * FOLD_SIZE x FOLD_SIZE; still: landmarks at rest, crop pixels. */
export function foldMaps(tables, still, scale, cropSize) {
  const width = FOLD_MAPS * FOLD_SIZE;
  const picture = new Uint8Array(4 * width * FOLD_SIZE);
  const ratio = FOLD_SIZE / cropSize;
  tables.folds.forEach((fold, index) => {
    const [core, soft] = [0.6, 2.4].map((wide) => fold.width * scale * wide * ratio);
    const offset = 4 * FOLD_SIZE * Math.floor(index / 4) + (index % 4);
    for (const line of fold.lines) {
      const path = catmullRom(line.length, 8, (k, axis) => still[3 * line[k] + axis] * ratio);
      stroke(path, core, soft, fold.depth, (x, y, depth) => {
        const at = 4 * width * y + 4 * x + offset;
        picture[at] = Math.max(picture[at], Math.round(Math.min(FOLD_GAIN * depth, 1) * 255));
      });
    }
  });
  return picture;
}

/** Call put(x, y, depth) around a path [n x 2]: a narrow line in a wide soft shadow, thinning out at both ends. */
function stroke(path, core, soft, depth, put) {
  const count = path.length / 2;
  const xs = path.filter((_, at) => at % 2 === 0);
  const ys = path.filter((_, at) => at % 2 === 1);
  const reach = (numbers, way) => clamp(Math.round(Math[way](...numbers) + (way === "min" ? -3 : 3) * soft), 0, FOLD_SIZE);
  for (let y = reach(ys, "min"); y < reach(ys, "max"); y++) {
    for (let x = reach(xs, "min"); x < reach(xs, "max"); x++) {
      let [nearest, at] = [Infinity, 0];
      for (let k = 0; k < count; k++) {
        const distance = (xs[k] - x - 0.5) ** 2 + (ys[k] - y - 0.5) ** 2;
        if (distance < nearest) [nearest, at] = [distance, k];
      }
      const along = at / (count - 1);
      const taper = Math.sqrt(clamp(4 * along * (1 - along), 0, 1));
      put(x, y, depth * taper * (0.18 * Math.exp(-nearest / core ** 2) + 0.82 * Math.exp(-nearest / soft ** 2)));
    }
  }
}

/** A function of (change [24], extra [10], to [20]): how deep each fold is in a frame. */
export function foldDepths(tables, column) {
  const weights = tables.folds.map((fold) => Object.entries(fold.units).map(([id, weight]) => [column[id], weight]));
  return (change, extra, to) => {
    const value = (at) => (at < change.length ? change[at] : extra[at - change.length]);
    weights.forEach((units, fold) => {
      to[fold] = clamp(units.reduce((sum, [at, weight]) => sum + weight * value(at), 0), -0.5, 1.2);
    });
  };
}
