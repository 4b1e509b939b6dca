// The curves of channels over a performance, and the keys in them: found once, then kept up with the edits.

import { channelKeys } from "./keys.js";
import { fillChannel } from "./rows.js";

const BLOCK = 512; // frames whose bounds are found together, so that a change looks at those near it only

export class Curves {
  constructor(performance) {
    this.performance = performance;
    this.series = new Map();
  }

  /** The curve of a channel: {base, edited: Float32Array[frames], low, high, changed}. */
  of(channel) {
    if (!this.series.has(channel)) {
      const { frames, base } = this.performance;
      const series = { base: new Float32Array(frames), edited: new Float32Array(frames), low: 0, high: 0, changed: false, blocks: [] };
      fillChannel(channel, base, 0, frames, series.base);
      this.series.set(channel, series);
      this.fill(channel, series, 0, frames);
    }
    return this.series.get(channel);
  }

  /** Follows the performance where it changed: a Map from column to [first frame, frame after]. */
  refresh(changed) {
    for (const [channel, series] of this.series) {
      const ranges = channel.parts.map(([c]) => changed.get(c)).filter(Boolean);
      if (!ranges.length) continue;
      const [from, to] = [Math.min(...ranges.map((range) => range[0])), Math.max(...ranges.map((range) => range[1]))];
      this.fill(channel, series, from, to);
    }
  }

  fill(channel, series, from, to) {
    const { edited, base, blocks } = series;
    fillChannel(channel, this.performance.edited, from, to, edited);
    for (let block = Math.floor(from / BLOCK); block * BLOCK < to; block++) {
      blocks[block] = bounds(base, edited, block * BLOCK, Math.min((block + 1) * BLOCK, edited.length));
    }
    series.low = Math.min(0, ...blocks.map(({ low }) => low));
    series.high = Math.max(0, ...blocks.map(({ high }) => high));
    series.changed = blocks.some(({ most }) => most > 1e-4);
  }

  /** The keys of a channel, found once for each state of the edits. */
  keys(edits, channel) {
    if (this.edits !== edits) {
      this.edits = edits;
      this.found = new Map();
    }
    if (!this.found.has(channel)) this.found.set(channel, channelKeys(edits, channel));
    return this.found.get(channel);
  }
}

/** The lowest and highest of both curves on frames from..to-1, and how far they are apart at most. */
function bounds(base, edited, from, to) {
  let [low, high, most] = [0, 0, 0];
  for (let frame = from; frame < to; frame++) {
    const before = base[frame];
    const after = edited[frame];
    if (before < low) low = before;
    if (before > high) high = before;
    if (after < low) low = after;
    if (after > high) high = after;
    const apart = before < after ? after - before : before - after;
    if (apart > most) most = apart;
  }
  return { low, high, most };
}
