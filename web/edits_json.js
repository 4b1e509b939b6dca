// The JSON of edits, in and out (auhead_models/au/edits_json.py): every number and name is checked where it stands.
//
// Edits are {keys, replace, gains, offsets, mutes, spans, presets, blinkRate, smoothing, other} and never changed in
// place, so that two edits can be compared part by part:
//   keys       {column id: [{time, value, ease}]} in the order of time
//   replace    [{start, end (Infinity: to the end), fade, keys, other}]
//   spans      [{start, end (null: until the next), emotion, level, other}]
//   replaceSpans   whether these stand in place of the emotions that came in
//   presets    [{name, start, seconds, level, weight, other}]
//   smoothing  [{seconds, regions (null: all but the eyes), other}]
//   other      what the JSON says beyond these, the editor's own state included

import {
  COLUMNS,
  EDITS_VERSION,
  EMOTIONS,
  EMOTION_ALIASES,
  FADE,
  INTERPOLATIONS,
  LARGEST,
  MOST_CHARACTERS,
  MOST_ITEMS,
  MOST_KEYS,
  PRESETS,
  REGIONS,
} from "./units.js";

const COLUMN_IDS = COLUMNS.map((column) => column.id);
const SELECTIONS = new Set([...COLUMN_IDS, ...REGIONS, "all"]);
const NAMES = ["keys", "replace", "gains", "offsets", "mutes", "spans", "replace_spans", "presets", "blink_rate", "smoothing"];

export class EditsError extends Error {}

export const NO_EDITS = Object.freeze({
  keys: {},
  replace: [],
  gains: {},
  offsets: {},
  mutes: [],
  spans: [],
  replaceSpans: false,
  presets: [],
  blinkRate: 1,
  smoothing: [],
  other: {},
});

/** Edits from a JSON text; an empty text holds none. Throws EditsError that names the place and what to do there. */
export function parseEdits(text) {
  const data = document(text);
  const version = "version" in data ? data.version : EDITS_VERSION;
  if (Number.isInteger(version) && version > EDITS_VERSION) {
    throw new EditsError(`A newer AUHead wrote these edits (version ${version}); update AUHead.`);
  }
  if (version !== EDITS_VERSION) throw problem("version", `${shown(version)} is not a version; write ${EDITS_VERSION}.`);
  const edits = {
    keys: curves(given(data, "keys", {}), "keys"),
    replace: list(data, "replace", replacement),
    gains: numbers(data, "gains", selection),
    offsets: numbers(data, "offsets", column),
    mutes: list(data, "mutes", selection),
    spans: list(data, "spans", span),
    replaceSpans: flag(given(data, "replace_spans", false), "replace_spans"),
    presets: list(data, "presets", timedPreset),
    blinkRate: number(given(data, "blink_rate", 1), "blink_rate", 0, 10),
    smoothing: list(data, "smoothing", smoothing),
    other: rest(data, "version", ...NAMES),
  };
  const all = [edits.keys, ...edits.replace.map((part) => part.keys)].flatMap((part) => Object.values(part));
  const count = all.reduce((sum, keys) => sum + keys.length, 0);
  if (count > MOST_KEYS) throw problem("keys", `there are ${count} keys in all; keep at most ${MOST_KEYS}.`);
  return edits;
}

/** Compact JSON in a fixed order; "" for no edits at all. What is at its default is left out. */
export function editsToJson(edits) {
  const data = {
    version: EDITS_VERSION,
    keys: curvesOut(edits.keys),
    replace: edits.replace.map((part) => ({
      ...timesOut(part),
      ...(part.fade === FADE ? {} : { fade: part.fade }),
      keys: curvesOut(part.keys),
      ...part.other,
    })),
    gains: edits.gains,
    offsets: edits.offsets,
    mutes: edits.mutes,
    spans: edits.spans.map((each) => ({ ...timesOut(each), emotion: each.emotion, level: each.level, ...each.other })),
    replace_spans: edits.replaceSpans || [],
    presets: edits.presets.map(({ other, ...timed }) => ({ ...timed, ...other })),
    blink_rate: edits.blinkRate === 1 ? [] : edits.blinkRate,
    smoothing: edits.smoothing.map((part) => ({
      seconds: part.seconds,
      ...(part.regions ? { regions: part.regions } : {}),
      ...part.other,
    })),
    ...edits.other,
  };
  const said = Object.entries(data).filter(([name, value]) => !NAMES.includes(name) || !empty(value));
  return said.length > 1 ? JSON.stringify(Object.fromEntries(said)) : "";
}

const empty = (value) => typeof value === "object" && !Object.keys(value).length;
const problem = (place, what) => new EditsError(`The edits at ${place}: ${what}`);
const given = (data, name, usual) => (name in data ? data[name] : usual);
const rest = (data, ...known) => Object.fromEntries(Object.entries(data).filter(([name]) => !known.includes(name)));
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A value of the JSON as it stands there, short and on one line. */
function shown(value) {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  const text = JSON.stringify(value ?? null);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** A number as Python's {:g} writes it. */
function general(number) {
  const exponent = number ? Math.floor(Math.log10(Math.abs(number))) : 0;
  const plain = Number(number.toPrecision(6));
  if (exponent >= -4 && exponent < 6) return String(plain);
  return plain.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function document(text) {
  if (typeof text !== "string" || text.length > MOST_CHARACTERS) {
    throw new EditsError(`The edits are not a text of at most ${MOST_CHARACTERS} characters; clear the field.`);
  }
  const plain = text.replace(/^[\ufeff \t\r\n]+|[\ufeff \t\r\n]+$/g, "");
  if (!plain) return {};
  // NaN and infinities become words, so that they are found where a number is needed and never written again.
  const worded = plain.replace(/"(?:[^"\\]|\\.)*"|-?Infinity\b|\bNaN\b/g, (part) => (part[0] === '"' ? part : `"${part}"`));
  let data;
  try {
    data = JSON.parse(worded);
  } catch (error) {
    throw new EditsError(`${whereBroken(worded, error)} cannot be read; correct the text there, or clear the field.`);
  }
  if (!isObject(data)) {
    throw new EditsError(`The edits are ${shown(data)} and not what AU Editor writes; clear the field, or paste them again.`);
  }
  return data;
}

/** "Line 1, column 2 of the edits", from what the browser says about a JSON text. */
function whereBroken(text, error) {
  const position = /position (\d+)/.exec(error.message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position)).split("\n");
  return `Line ${before.length}, column ${before[before.length - 1].length + 1} of the edits`;
}

function flag(value, place) {
  if (typeof value !== "boolean") throw problem(place, `${shown(value)} is neither true nor false; write one of them.`);
  return value;
}

function object(data, place) {
  if (!isObject(data)) throw problem(place, `${shown(data)} is not an object; write {…} or leave it out.`);
  return data;
}

function items(data, place, most) {
  if (!Array.isArray(data)) throw problem(place, `${shown(data)} is not a list; write […] or leave it out.`);
  if (data.length > most) throw problem(place, `there are ${data.length} items in the list; keep at most ${most}.`);
  return data;
}

function list(data, name, read) {
  return items(given(data, name, []), name, MOST_ITEMS).map((item, index) => read(item, `${name}[${index}]`));
}

function number(value, place, minimum = -LARGEST, maximum = LARGEST) {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw problem(place, `${shown(value)} is not a finite number; put a number there.`);
  }
  if (!(minimum <= value && value <= maximum)) {
    const range = `from ${general(minimum)} to ${general(maximum)}`;
    throw problem(place, `${general(value)} is out of range; use a number ${range}.`);
  }
  return value;
}

function seconds(value, place) {
  const time = number(value, place);
  if (time < 0) throw problem(place, `${general(time)} s is before the beginning; use 0 or more seconds.`);
  return time;
}

function range(data, place) {
  const start = seconds(data.start, `${place}.start`);
  const end = "end" in data ? seconds(data.end, `${place}.end`) : null;
  if (end !== null && end <= start) {
    throw problem(place, `it lasts from ${general(start)} to ${general(end)} s; let it end after its start.`);
  }
  return [start, end];
}

function level(data, place) {
  const value = given(data, "level", 2);
  if (![1, 2, 3].includes(value)) throw problem(`${place}.level`, `${shown(value)} is not a level; use 1, 2 or 3.`);
  return value;
}

function column(name, place) {
  if (!COLUMN_IDS.includes(name)) {
    throw problem(place, `${shown(name)} is not a column; use one of ${COLUMN_IDS.join(", ")}.`);
  }
  return name;
}

function selection(name, place) {
  if (!SELECTIONS.has(name)) {
    const what = `a region (all, ${REGIONS.join(", ")}) or the id of a column, such as jaw_open`;
    throw problem(place, `${shown(name)} is neither a region nor a column; use ${what}.`);
  }
  return name;
}

function numbers(data, section, check) {
  const rows = Object.entries(object(given(data, section, {}), section));
  return Object.fromEntries(rows.map(([name, value]) => [check(name, section), number(value, `${section}.${name}`)]));
}

function curves(data, place) {
  const rows = Object.entries(object(data, place)).map(([name, keys]) => {
    const where = `${place}.${column(name, place)}`;
    const read = items(keys, where, MOST_KEYS).map((row, index) => key(row, `${where}[${index}]`));
    return [name, read.sort((a, b) => a.time - b.time)];
  });
  return Object.fromEntries(rows);
}

function key(row, place) {
  if (!Array.isArray(row) || row.length < 2 || row.length > 3) {
    throw problem(place, `${shown(row)} is not a key; write [seconds, value] or [seconds, value, interpolation].`);
  }
  const ease = row.length === 3 ? row[2] : "smooth";
  if (!INTERPOLATIONS.includes(ease)) {
    throw problem(place, `${shown(ease)} is not an interpolation; use one of ${INTERPOLATIONS.join(", ")}.`);
  }
  return { time: seconds(row[0], place), value: number(row[1], place), ease };
}

function replacement(data, place) {
  const [start, end] = range(object(data, place), place);
  return {
    start,
    end: end ?? Infinity,
    fade: seconds(given(data, "fade", FADE), `${place}.fade`),
    keys: curves(data.keys, `${place}.keys`),
    other: rest(data, "start", "end", "keys", "fade"),
  };
}

function span(data, place) {
  const [start, end] = range(object(data, place), place);
  const emotion = known(data, "emotion", place, EMOTIONS, EMOTION_ALIASES);
  const other = rest(data, "start", "end", "emotion", "level");
  return { start, end, emotion: EMOTION_ALIASES[emotion] ?? emotion, level: level(data, place), other };
}

function timedPreset(data, place) {
  return {
    name: known(object(data, place), "name", place, PRESETS, {}),
    start: seconds(data.start, `${place}.start`),
    seconds: number(given(data, "seconds", 2), `${place}.seconds`, 0.001, 3600),
    level: level(data, place),
    weight: number(given(data, "weight", 1), `${place}.weight`),
    other: rest(data, "name", "start", "seconds", "level", "weight"),
  };
}

function smoothing(data, place) {
  const deviation = number(object(data, place).seconds, `${place}.seconds`, 0, 10);
  const where = `${place}.regions`;
  const read = (name, index) => selection(name, `${where}[${index}]`);
  const regions = "regions" in data ? items(data.regions, where, MOST_ITEMS).map(read) : null;
  return { seconds: deviation, regions, other: rest(data, "seconds", "regions") };
}

function known(data, name, place, names, aliases) {
  const value = data[name];
  const plain = typeof value === "string" ? value.trim().toLowerCase().replaceAll(" ", "_") : "";
  if (!names.includes(plain) && !Object.hasOwn(aliases, plain)) {
    const kind = name === "emotion" ? "an emotion" : "a preset";
    throw problem(`${place}.${name}`, `${shown(value)} is not ${kind}; use one of ${names.join(", ")}.`);
  }
  return plain;
}

const timesOut = ({ start, end }) => (end === null || end === Infinity ? { start } : { start, end });

function curvesOut(keys) {
  const row = ({ time, value, ease }) => (ease === "smooth" ? [time, value] : [time, value, ease]);
  return Object.fromEntries(Object.entries(keys).map(([name, each]) => [name, each.map(row)]));
}
