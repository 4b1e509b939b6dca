// Files of the editor: edits, performances (AUHead's JSON and CSV, as auhead_models/au/formats writes them), libraries.

import { editsToJson, EditsError, parseEdits } from "./edits_json.js";
import { simplified } from "./keys.js";
import { COLUMNS, EMOTIONS, INTERPOLATIONS, PRESETS } from "./units.js";

const PARTS = { values: COLUMNS.slice(0, 24), extra: COLUMNS.slice(24, 34), pose: COLUMNS.slice(34) };
const TOLERANCE = 0.01; // of a performance that becomes keys
const IDS = COLUMNS.map((column) => column.id);

const rounded = (value) => Number(value.toFixed(7));

/** A performance as AUHead's JSON. table: 40 columns of frames; spans: [{start, end, emotion, level}]. */
export function performanceJson(table, fps, spans) {
  const head = {
    format: "auhead-au",
    version: 1,
    fps,
    source: "AU Editor",
    columns: Object.fromEntries(Object.entries(PARTS).map(([name, columns]) => [name, columns.map(({ id }) => id)])),
    spans: spans.map(({ start, end, emotion, level }) => ({ start, end, emotion, level })),
  };
  const frames = Array.from(table[0], (_, frame) => frame);
  for (const [name, columns] of Object.entries(PARTS)) {
    head[name] = frames.map((frame) => columns.map(({ id }) => rounded(table[IDS.indexOf(id)][frame])));
  }
  return `${JSON.stringify(head)}\n`;
}

export function performanceCsv(table, fps, spans) {
  const lines = [["time", ...IDS, "emotion", "level"].join(",")];
  for (let frame = 0; frame < table[0].length; frame++) {
    const middle = (frame + 0.5) / fps;
    const span = spans.findLast(({ start, end }) => start <= middle && middle < end);
    const row = table.map((values) => rounded(values[frame]));
    lines.push([(frame / fps).toFixed(9), ...row, ...(span ? [span.emotion, span.level] : ["", ""])].join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** What a file holds: {edits}, {performance: {fps, columns, frames, spans}}, {library} or null. */
export function readFile(text) {
  const data = asJson(text);
  if (Array.isArray(data?.auhead_library)) return { library: data.auhead_library.filter(isEntry) };
  if (data?.format === "auhead-au" && Array.isArray(data.values)) return { performance: fromJson(data) };
  if (data) {
    try {
      const edits = parseEdits(text);
      return editsToJson(edits) ? { edits } : null;
    } catch (error) {
      if (error instanceof EditsError) return { error: error.message };
      throw error;
    }
  }
  return fromCsv(text);
}

export const libraryJson = (library) => `${JSON.stringify({ auhead_library: library }, null, 1)}\n`;

/** Whether something is a pose {name, pose} or a move {name, clip} of a library. */
export function isEntry(entry) {
  const numbers = (object) => Object.entries(object).every(([id, value]) => IDS.includes(id) && Number.isFinite(value));
  if (typeof entry?.name !== "string") return false;
  if (entry.pose && typeof entry.pose === "object") return numbers(entry.pose);
  return isClip(entry.clip);
}

/** Whether something is what `copied` of actions.js gives. */
export function isClip(clip) {
  if (clip?.kind !== "auhead-keys" || !Number.isFinite(clip.start)) return false;
  const every = (list, fits) => Array.isArray(list) && list.every((item) => item !== null && typeof item === "object" && fits(item));
  const key = ({ c, time, value, ease }) => IDS[c] !== undefined && [time, value].every(Number.isFinite) && INTERPOLATIONS.includes(ease);
  const block = ({ start, level }) => Number.isFinite(start) && [1, 2, 3].includes(level);
  const span = (item) => block(item) && EMOTIONS.includes(item.emotion) && (item.end === null || Number.isFinite(item.end));
  const timed = (item) => block(item) && PRESETS.includes(item.name) && item.seconds > 0 && [item.seconds, item.weight].every(Number.isFinite);
  return every(clip.keys, key) && every(clip.spans, span) && every(clip.presets, timed);
}

function asJson(text) {
  try {
    const data = JSON.parse(text);
    return typeof data === "object" ? data : null;
  } catch {
    return null;
  }
}

const finite = (value) => (Number.isFinite(Number(value)) ? Number(value) : 0);

function fromJson(data) {
  const frames = data.values.length;
  const columns = {};
  for (const [name, usual] of Object.entries(PARTS)) {
    const ids = Array.isArray(data.columns?.[name]) ? data.columns[name] : usual.map(({ id }) => id);
    ids.forEach((id, k) => {
      if (IDS.includes(id) && data[name]?.length === frames) columns[id] = Float32Array.from(data[name], (row) => finite(row?.[k]));
    });
  }
  const fps = Number(data.fps);
  if (!frames || !(fps > 0)) return null;
  return { fps, frames, columns, spans: Array.isArray(data.spans) ? data.spans : [] };
}

function fromCsv(text) {
  const [head, ...lines] = text.replace(/^\ufeff/, "").trim().split(/\r?\n/).map((line) => line.split(","));
  const ids = head.map((cell) => cell.trim());
  if (!ids.some((id) => IDS.includes(id)) || !lines.length) return null;
  const columns = {};
  ids.forEach((id, k) => {
    if (IDS.includes(id)) columns[id] = Float32Array.from(lines, (row) => finite(row[k]));
  });
  const at = ids.indexOf("time");
  const last = at >= 0 ? Number(lines[lines.length - 1][at]) - Number(lines[0][at]) : 0;
  const fps = last > 0 ? (lines.length - 1) / last : 25;
  return { performance: { fps, frames: lines.length, columns, spans: [] } };
}

/** Edits in which a performance stands in place of what was there, from a time on. */
export function withPerformance(edits, { fps, frames, columns, spans }, start) {
  const keys = {};
  for (const [id, values] of Object.entries(columns)) {
    if (!values.some((value) => Math.abs(value) > TOLERANCE / 2)) continue;
    keys[id] = simplified(values, fps, 0, frames, TOLERANCE).map((key) => ({ ...key, time: key.time + start, ease: "linear" }));
  }
  const part = { start, end: start + frames / fps, fade: 0.1, keys, other: {} };
  return { edits: { ...edits, replace: [...edits.replace, part] }, selection: new Set([part]), spans };
}
