// Small maths that the parts of the face share. Points are flat arrays.

export const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

export const mix = (a, b, share) => a + (b - a) * share;

/** 0 below `low`, 1 above `high`, smooth in between. */
export function smoothstep(x, low = 0, high = 1) {
  const share = clamp((x - low) / (high - low), 0, 1);
  return share * share * (3 - 2 * share);
}

/**
 * A Catmull-Rom curve with `samples` steps between two of `count` points; point(k, axis) gives their coordinates.
 * Returns (count - 1) * samples + 1 points of two coordinates.
 */
export function catmullRom(count, samples, point) {
  const curve = new Float32Array(2 * ((count - 1) * samples + 1));
  for (let axis = 0; axis < 2; axis++) {
    const at = (k) => {
      if (k < 0) return 2 * point(0, axis) - point(1, axis);
      if (k >= count) return 2 * point(count - 1, axis) - point(count - 2, axis);
      return point(k, axis);
    };
    for (let k = 0; k < count - 1; k++) {
      const [p0, p1, p2, p3] = [at(k - 1), at(k), at(k + 1), at(k + 2)];
      for (let sample = 0; sample < samples; sample++) {
        const t = sample / samples;
        curve[2 * (k * samples + sample) + axis] = 0.5 * (2 * p1 + (p2 - p0) * t
          + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t ** 2 + (3 * p1 - p0 - 3 * p2 + p3) * t ** 3);
      }
    }
    curve[curve.length - 2 + axis] = point(count - 1, axis);
  }
  return curve;
}

/** A smooth line through some of the points [_, 3] of a face. */
export const curveThrough = (points, ring, samples) => catmullRom(ring.length, samples, (k, axis) => points[3 * ring[k] + axis]);

/** Triangles of a grid of points that are numbered row by row. */
export function gridTriangles(rows, columns) {
  const triangles = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const a = row * columns + column;
      triangles.push(a, a + 1, a + columns + 1, a, a + columns + 1, a + columns);
    }
  }
  return Uint16Array.from(triangles);
}

/** Product of two 3 x 3 matrices, row by row. */
export function multiply(a, b) {
  const product = new Float64Array(9);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      for (let k = 0; k < 3; k++) product[3 * row + column] += a[3 * row + k] * b[3 * k + column];
    }
  }
  return product;
}

/** Yaw, pitch, roll in radians (intrinsic; + = the subject's left, up, own left shoulder) as a matrix. */
export function headRotation(yaw, pitch, roll) {
  const [sy, cy, sp, cp, sr, cr] = [yaw, pitch, roll].flatMap((angle) => [Math.sin(angle), Math.cos(angle)]);
  const turn = [cy, 0, sy, 0, 1, 0, -sy, 0, cy];
  const nod = [1, 0, 0, 0, cp, sp, 0, -sp, cp];
  const tilt = [cr, sr, 0, -sr, cr, 0, 0, 0, 1];
  return multiply(multiply(turn, nod), tilt);
}

/** Canonical centimetres to crop pixels and depth (away from the camera), `count` points from `from` into `to`. */
export function project(pose, from, to, count) {
  const { scale, rotation: r, translation: t } = pose;
  for (let at = 0; at < 3 * count; at += 3) {
    const [x, y, z] = [from[at], from[at + 1], from[at + 2]];
    to[at] = scale * (r[0] * x + r[1] * y + r[2] * z) + t[0];
    to[at + 1] = -(scale * (r[3] * x + r[4] * y + r[5] * z) + t[1]);
    to[at + 2] = -(scale * (r[6] * x + r[7] * y + r[8] * z) + t[2]);
  }
  return to;
}
