// What a run of the node told (auhead_models/editor.py) as the base of an editor.

const BYTES = (data) => Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
const MOST_FRAMES = 10_000_000;

/** {fps, frames, columns, spans, peaks, sound}; `address(file)` makes the sound's URL. null for what is none. */
export function sourceFrom(told, address) {
  const { performance } = told ?? {};
  const { fps, frames } = performance ?? {};
  if (!(fps > 0) || !Number.isInteger(frames) || frames < 1 || frames > MOST_FRAMES) return null;
  const columns = {};
  for (const [id, { scale, data }] of Object.entries(performance.columns)) {
    const steps = new DataView(BYTES(data).buffer);
    const count = Math.min(frames, Math.floor(steps.byteLength / 2));
    columns[id] = new Float32Array(frames);
    for (let frame = 0; frame < count; frame++) columns[id][frame] = (steps.getInt16(2 * frame, true) * scale) / 32767;
  }
  const peaks = told.peaks ? { rate: told.peaks.rate, values: Float32Array.from(BYTES(told.peaks.data), (peak) => peak / 255) } : null;
  return { fps, frames, columns, spans: performance.spans ?? [], peaks, sound: told.sound ? address(told.sound) : null };
}
