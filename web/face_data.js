// Where the preview's numbers come from: packed arrays, and the two files beside this module.

const READERS = {
  i2: (view, at) => view.getInt16(2 * at, true),
  u2: (view, at) => view.getUint16(2 * at, true),
  u1: (view, at) => view.getUint8(at),
};

/** Base64 of little-endian integers (kind "i2", "u2" or "u1") in units of `step`, as a Float32Array. */
export function unpack(text, kind, step = 1) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const numbers = new Float32Array(bytes.length / Number(kind[1]));
  for (let at = 0; at < numbers.length; at++) numbers[at] = READERS[kind](view, at) * step;
  return numbers;
}

/** Indices of triangles and the like. */
export function unpackIndices(text) {
  return Uint16Array.from(unpack(text, "u2"));
}

const loaded = new Map();

function load(name) {
  if (!loaded.has(name)) {
    const answer = fetch(new URL(name, import.meta.url)).then((response) => {
      if (!response.ok) throw new Error(`${name} cannot be read (${response.status})`);
      return response.json();
    });
    answer.catch(() => loaded.delete(name)); // so that the next face tries again
    loaded.set(name, answer);
  }
  return loaded.get(name);
}

/** What is known of every face; written by tools/face_tables.py. */
export const loadTables = () => load("face_tables.json");

/** The payload of the head that is shown when there is no portrait. */
export const loadNeutral = () => load("face_neutral.json");
