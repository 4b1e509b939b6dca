// Other emotions in place of those that a performance came in with (auhead_models/au/exchange.py).

import { roundEven } from "./curve.js";
import { closed, fillTrack, isKnown } from "./emotions.js";
import { COLUMNS, SPEAKING, SPEAKING_REACH, YIELD_SHARES } from "./units.js";

const MOUTH = COLUMNS.flatMap(({ side, region }, c) => (!side && (region === "mouth" || region === "jaw") ? [c] : []));

export class Exchange {
  /** base: {fps, frames, spans}; table: its 40 columns. */
  constructor({ fps, frames, spans }, table) {
    this.spans = closed((spans ?? []).filter(isKnown));
    this.own = COLUMNS.map(() => new Float32Array(frames));
    fillTrack(this.spans, fps, 0, frames, this.own);
    this.speaking = speaking(table, this.own, fps, frames);
  }

  /** Makes of a track [40] (null: still) what has to be added in place of the own emotions, on frames from..to-1. */
  apply(track, from, to) {
    track.forEach((column, c) => {
      if (!column) return;
      const share = YIELD_SHARES[COLUMNS[c].id] ?? 0;
      const own = this.own[c];
      for (let frame = from; frame < to; frame++) {
        column[frame] = (column[frame] - own[frame]) * (1 - this.speaking[frame] * share);
      }
    });
  }
}

/** How far the mouth speaks, 0..1 in each frame: where it moves beside its emotions, and less and less around there. */
function speaking(table, own, fps, frames) {
  const moves = new Float64Array(frames);
  for (const c of MOUTH) {
    for (let frame = 1; frame < frames; frame++) {
      moves[frame] += Math.abs(table[c][frame] - own[c][frame] - (table[c][frame - 1] - own[c][frame - 1]));
    }
  }
  const reach = roundEven(SPEAKING_REACH * fps);
  const result = new Float64Array(frames);
  moves.forEach((move, at) => {
    const most = Math.min((move * fps) / SPEAKING, 1);
    if (!most) return;
    for (let frame = Math.max(at - reach, 0); frame <= Math.min(at + reach, frames - 1); frame++) {
      result[frame] = Math.max(result[frame], most * (1 - Math.abs(frame - at) / (reach + 1)));
    }
  });
  return result;
}
