// Curves through keys, as auhead_models/au/edits.py draws them. A key is {time, value, ease}: seconds, a number, and how
// the curve goes on from there: "smooth", "linear" or "step". Keys are in the order of time; times are i / fps.

export const SAME_TIME = 1e-4; // seconds by which a key written with few digits may miss its frame
const SHORTEST = 1e-6; // seconds between two keys that are not at one time

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** 0 below 0, 1 above 1, smooth in between, with no speed and no acceleration at either end. */
export function sCurve(x) {
  x = clamp(x, 0, 1);
  return x * x * x * (x * (x * 6 - 15) + 10);
}

/** Python's round: halves go to the even number. */
export function roundEven(number) {
  const below = Math.floor(number);
  const rest = number - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

/** The slope at each key (Fritsch & Butland 1984): 0 at the ends, at turning points and beside steps. */
export function slopes(keys) {
  const result = new Float64Array(keys.length);
  const secant = (k) => {
    const width = keys[k + 1].time - keys[k].time;
    return width > SHORTEST && keys[k].ease !== "step" ? (keys[k + 1].value - keys[k].value) / width : 0;
  };
  let before = keys.length > 1 ? secant(0) : 0;
  for (let k = 1; k < keys.length - 1; k++) {
    const after = secant(k);
    if (before * after > 0) {
      const left = keys[k].time - keys[k - 1].time;
      const right = keys[k + 1].time - keys[k].time;
      result[k] = (3 * left + 3 * right) / ((left + 2 * right) / before + (2 * left + right) / after);
    }
    before = after;
  }
  return result;
}

/** The value between key k and the next one, `slope` being what `slopes` gave. */
function between(keys, slope, k, time) {
  const key = keys[k];
  const following = keys[Math.min(k + 1, keys.length - 1)];
  if (key.ease === "step") return key.value;
  const width = following.time - key.time;
  const rise = following.value - key.value;
  const x = clamp((time - key.time) / (width > SHORTEST ? width : 1), 0, 1);
  if (key.ease === "linear") return key.value + x * rise;
  const bend = width * ((1 - x) * slope[k] - x * slope[Math.min(k + 1, keys.length - 1)]);
  return key.value + x * x * (3 - 2 * x) * rise + x * (1 - x) * bend;
}

/** The last key at or before a time, at least 0. */
export function keyBefore(keys, time) {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle].time <= time + SAME_TIME) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

/** The curve at one time; no keys are 0. */
export function curveAt(keys, time) {
  if (!keys?.length) return 0;
  const k = keyBefore(keys, time);
  // Slopes need two neighbours on either side at most.
  const first = Math.max(k - 2, 0);
  const near = keys.slice(first, k + 4);
  const slope = slopes(near);
  if (first > 0) slope[0] = 0;
  return between(near, slope, k - first, time);
}

/** The curve on frames from..to-1 into out[0..to-from-1], one stretch between two keys after the other. */
export function fillCurve(keys, fps, from, to, out) {
  if (!keys.length) return out.fill(0, 0, to - from);
  const slope = slopes(keys);
  let frame = from;
  for (let k = keyBefore(keys, from / fps); frame < to; k++) {
    const following = Math.min(k + 1, keys.length - 1);
    let end = to;
    if (following > k) {
      end = Math.min(Math.max(Math.ceil((keys[following].time - SAME_TIME) * fps), frame), to);
      while (end > frame && keys[following].time <= (end - 1) / fps + SAME_TIME) end--;
      while (end < to && keys[following].time > end / fps + SAME_TIME) end++;
    }
    const flat = keys[k].value === keys[following].value && !slope[k] && !slope[following];
    if (flat || keys[k].ease === "step") out.fill(keys[k].value, frame - from, end - from);
    else for (let each = frame; each < end; each++) out[each - from] = between(keys, slope, k, each / fps);
    frame = end;
  }
  return out;
}
