// Chance that Python and the browser draw alike (auhead_models/au/chance.py).

const STREAM = 1 << 20;

/** 0 up to 1 from two integers: MurmurHash3's finaliser over their sum of products. */
export function chance(seed, number) {
  let x = (Math.imul(seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b) + 1) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

export class Chance {
  constructor(seed, stream = 0) {
    this.seed = seed;
    this.next = stream * STREAM;
  }

  draw() {
    return chance(this.seed, this.next++);
  }

  uniform(low = 0, high = 1) {
    return low + (high - low) * this.draw();
  }

  normal(mean = 0, deviation = 1) {
    const radius = Math.sqrt(-2 * Math.log(1 - this.draw()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.draw());
  }
}
