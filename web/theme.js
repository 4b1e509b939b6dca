// Colours: the host's, as CSS variables give them, and one calm hue for each row and emotion.

const DARK = {
  rows: {
    mouth_open: "#e3a06c",
    smile: "#dfbf63",
    lips: "#e08c9a",
    brows: "#b49ce0",
    eyes: "#70c4bb",
    gaze: "#76aee8",
    head: "#93c78a",
  },
  emotions: {
    angry: "#c9635c",
    contempt: "#9d78bd",
    disgusted: "#8d9a58",
    fear: "#7d83cc",
    happy: "#d3ab4c",
    neutral: "#858c96",
    sad: "#5d92c4",
    surprised: "#d2845a",
  },
};
const LIGHT = {
  rows: {
    mouth_open: "#b86a2e",
    smile: "#9a7a12",
    lips: "#b9475c",
    brows: "#7a5bb8",
    eyes: "#208378",
    gaze: "#2b6cb8",
    head: "#4a8a3f",
  },
  emotions: {
    angry: "#d98680",
    contempt: "#b79ad2",
    disgusted: "#b3bd85",
    fear: "#a3a8e0",
    happy: "#e3c372",
    neutral: "#b3b9c2",
    sad: "#8db6de",
    surprised: "#e5a886",
  },
};

/** The colours for an element's surroundings, read from the host's CSS variables. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const probe = document.createElement("canvas").getContext("2d");
  const colour = (names, usual) => {
    const given = names.map((name) => style.getPropertyValue(name).trim()).find(Boolean);
    probe.fillStyle = usual;
    if (given) probe.fillStyle = given; // what cannot be read leaves the usual colour
    return probe.fillStyle;
  };
  const background = colour(["--comfy-menu-bg", "--bg-color"], "#202226");
  const dark = luminance(background) < 0.5;
  const text = colour(["--input-text", "--fg-color"], dark ? "#dddddd" : "#222222");
  return {
    dark,
    ...(dark ? DARK : LIGHT),
    background,
    well: dark ? mix(background, "#000000", 0.28) : mix(background, "#000000", 0.035),
    raised: dark ? mix(background, "#ffffff", 0.055) : mix(background, "#000000", 0.085),
    text,
    dim: mix(text, background, 0.42),
    faint: mix(text, background, 0.66),
    line: mix(text, background, 0.86),
    base: mix(text, background, 0.55),
    accent: dark ? "#6fb1ff" : "#1c6fd0",
    blockText: dark ? "#14161a" : "#1d1f23",
    bad: dark ? "#ff8d80" : "#b3261e",
  };
}

/** The colours as CSS variables for the editor's own elements. */
export function applyTheme(element, theme) {
  for (const name of ["background", "well", "raised", "text", "dim", "faint", "line", "accent", "bad"]) {
    element.style.setProperty(`--aue-${name}`, theme[name]);
  }
  for (const [name, colour] of Object.entries(theme.rows)) element.style.setProperty(`--aue-row-${name}`, colour);
  for (const [name, colour] of Object.entries(theme.emotions)) element.style.setProperty(`--aue-emotion-${name}`, colour);
  element.style.colorScheme = theme.dark ? "dark" : "light";
}

/** "#rrggbb" or "rgba(…)" as [r, g, b]. */
function channels(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return (colour.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);
}

const luminance = (colour) => channels(colour).reduce((sum, value, k) => sum + (value / 255) * [0.3, 0.59, 0.11][k], 0);

/** A colour with so much of another in it. */
export function mix(colour, other, share) {
  const [a, b] = [channels(colour), channels(other)];
  return `#${a.map((value, k) => Math.round(value + (b[k] - value) * share).toString(16).padStart(2, "0")).join("")}`;
}

/** "#rrggbb" with an opacity. */
export const faded = (colour, alpha) => `rgba(${channels(colour).join(",")},${alpha})`;
