// The rows of the timeline: grid, replaced ranges, curves, keys. All in CSS pixels.

import { keyPoints, rangesOf, rowScale } from "./places.js";
import { faded } from "./theme.js";

export const colourOf = (theme, row, order = 0) => {
  const colour = theme.rows[row.group ?? row.id];
  return order ? faded(colour, order === 1 ? 0.62 : 0.4) : colour;
};

const isSelected = (editor, key) => key.members.some(({ key: each }) => editor.selection.has(each));

/** One row, inside its own rectangle. */
export function drawRow(ctx, editor, place, theme, index) {
  const row = editor.rows[index];
  const top = Math.max(place.head + place.tops[index] - place.scroll, place.head);
  const bottom = Math.min(place.head + place.tops[index + 1] - place.scroll, place.height);
  if (bottom <= top) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, top, place.width, bottom - top);
  ctx.clip();
  ctx.fillStyle = row.id === editor.active ? theme.raised : theme.well;
  ctx.fillRect(0, top, place.width, bottom - top);
  const scale = rowScale(editor, place, index);
  drawGrid(ctx, editor, place, theme, top, bottom, scale.y(0));
  drawRanges(ctx, editor, theme, row, top, bottom);
  const quiet = editor.isMuted(row) || (editor.solo.size > 0 && !editor.heard(row.columns[0]));
  ctx.globalAlpha = quiet ? 0.35 : 1;
  row.channels.forEach((channel, order) => drawCurves(ctx, editor, theme, row, channel, order, scale.y));
  const colour = colourOf(theme, row);
  drawKeys(ctx, editor, theme, keyPoints(editor, place, index), colour);
  ctx.globalAlpha = 1;
  let late = 0;
  for (const channel of row.channels) {
    const keys = editor.keys(channel);
    late += keys.length - 1 - keys.findLastIndex(({ time }) => time <= editor.seconds);
  }
  if (late) label(ctx, `${late} ▸`, place.width - 6, top + 13, theme.dim, "right");
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, bottom - 1, place.width, 1);
  ctx.restore();
}

function drawGrid(ctx, editor, place, theme, top, bottom, zero) {
  ctx.fillStyle = faded(theme.text, 0.045);
  for (const { time, label: text } of editor.scale.ticks()) {
    if (text !== null) ctx.fillRect(Math.round(editor.scale.x(time)), top, 1, bottom - top);
  }
  ctx.fillStyle = faded(theme.text, 0.13);
  ctx.fillRect(0, Math.round(zero), place.width, 1);
  const end = editor.scale.x(editor.seconds);
  if (end < place.width) {
    ctx.fillStyle = faded(theme.background, 0.75);
    ctx.fillRect(end, top, place.width - end, bottom - top);
  }
}

/** Replaced ranges that hold a column of the row: hatched, with a handle at either end. */
function drawRanges(ctx, editor, theme, row, top, bottom) {
  for (const part of rangesOf(editor, row)) {
    const from = editor.scale.x(part.start);
    const to = editor.scale.x(Math.min(part.end, editor.seconds));
    const colour = colourOf(theme, row);
    ctx.save();
    ctx.beginPath();
    ctx.rect(from, top, to - from, bottom - top);
    ctx.clip();
    ctx.fillStyle = faded(colour, 0.1);
    ctx.fillRect(from, top, to - from, bottom - top);
    ctx.strokeStyle = faded(colour, 0.16);
    ctx.beginPath();
    for (let x = from - (bottom - top); x < to; x += 9) {
      ctx.moveTo(x, bottom);
      ctx.lineTo(x + bottom - top, top);
    }
    ctx.stroke();
    ctx.restore();
    ctx.fillStyle = editor.selection.has(part) ? theme.text : faded(colour, 0.8);
    ctx.fillRect(from, top, 2, bottom - top);
    ctx.fillRect(to - 2, top, 2, bottom - top);
  }
}

function drawCurves(ctx, editor, theme, row, channel, order, y) {
  const curve = editor.curve(channel);
  const { base, edited, changed } = curve;
  const colour = colourOf(theme, row, order);
  const single = row.channels.length === 1;
  if (changed) {
    ctx.strokeStyle = faded(theme.base, single ? 0.9 : 0.5);
    ctx.lineWidth = 1;
    ctx.stroke(baseTrace(editor, curve, y));
  }
  if (single) {
    area(ctx, editor, edited, changed ? base : null, y);
    ctx.fillStyle = faded(colourOf(theme, row), changed ? 0.2 : 0.08);
    ctx.fill();
  }
  ctx.setLineDash(row.channels.length === 2 && row.linkable && order ? [5, 3] : []);
  ctx.strokeStyle = editor.compare ? faded(theme.text, 0.25) : changed ? colour : faded(colourOf(theme, row), order ? 0.4 : 0.7);
  ctx.lineWidth = changed ? 1.75 : 1.25;
  ctx.lineJoin = "round";
  ctx.beginPath();
  trace(ctx, editor, edited, y);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** Frames in view and how many of them share a pixel. */
function framesInView(editor, values) {
  const { scale, fps } = editor;
  const first = Math.max(Math.floor(scale.start * fps) - 1, 0);
  const last = Math.min(Math.ceil(scale.end * fps) + 1, values.length - 1);
  return { first, last, each: fps / scale.scale };
}

/** The path of what came in: it is the same throughout a drag, so it is kept while the view is. */
function baseTrace(editor, curve, y) {
  const view = `${editor.scale.start} ${editor.scale.end} ${editor.scale.width} ${y(0)} ${y(1)}`;
  if (curve.traced?.view !== view) {
    curve.traced = { view, path: new Path2D() };
    trace(curve.traced.path, editor, curve.base, y);
  }
  return curve.traced.path;
}

/** Adds a line along values to a path: every frame, or the lowest and highest of each pixel when several share it. */
function trace(path, editor, values, y) {
  const { scale, fps } = editor;
  const { first, last, each } = framesInView(editor, values);
  if (each <= 1.5) {
    for (let frame = first; frame <= last; frame++) path.lineTo(scale.x(frame / fps), y(values[frame]));
  } else {
    for (let from = first; from <= last; from += each) {
      const start = Math.floor(from);
      const to = Math.min(Math.floor(from + each), last + 1);
      let low = values[start];
      let high = low;
      for (let frame = start + 1; frame < to; frame++) {
        const value = values[frame];
        if (value < low) low = value;
        else if (value > high) high = value;
      }
      const x = scale.x(start / fps);
      path.lineTo(x, y(high));
      if (high - low > 1e-3) path.lineTo(x, y(low));
    }
  }
  path.lineTo(scale.x((last + 1) / fps), y(values[last]));
}

/** The area between values and others (or zero). */
function area(ctx, editor, values, others, y) {
  const { scale, fps } = editor;
  const { first, last, each } = framesInView(editor, values);
  const step = Math.max(2 * each, 1); // every second pixel is enough for a faint area
  ctx.beginPath();
  for (let frame = first; frame <= last; frame += step) ctx.lineTo(scale.x(Math.floor(frame) / fps), y(values[Math.floor(frame)]));
  const end = scale.x((last + 1) / fps);
  ctx.lineTo(end, y(values[last]));
  if (!others) {
    ctx.lineTo(end, y(0));
    ctx.lineTo(scale.x(first / fps), y(0));
    return;
  }
  ctx.lineTo(end, y(others[last]));
  for (let frame = last; frame >= first; frame -= step) ctx.lineTo(scale.x(Math.floor(frame) / fps), y(others[Math.floor(frame)]));
}

/** Keys as dots, those before straight lines as diamonds, those of steps as squares; the selected ones larger and on top. */
function drawKeys(ctx, editor, theme, points, colour) {
  ctx.lineWidth = 1.75;
  ctx.strokeStyle = colour;
  const chosen = points.filter((point) => isSelected(editor, point));
  const others = chosen.length ? points.filter((point) => !isSelected(editor, point)) : points;
  for (const [keys, size, fill] of [[others, 4, theme.well], [chosen, 5, theme.text]]) {
    if (!keys.length) continue;
    ctx.beginPath();
    keys.forEach((key, k) => isHidden(key, keys[k - 1], keys[k - 2]) || traceKey(ctx, key, size));
    ctx.fillStyle = fill;
    ctx.fill();
    ctx.stroke();
  }
}

/** Whether a key lies on one of the two before it, as the ends of a short bump do in a long performance. */
function isHidden({ x, y, ease }, ...others) {
  return others.some((other) => other && other.ease === ease && Math.abs(other.x - x) < 1.5 && Math.abs(other.y - y) < 1.5);
}

function traceKey(ctx, { x, y, ease }, size) {
  if (ease === "step") ctx.rect(x - size, y - size, 2 * size, 2 * size);
  else if (ease === "linear") {
    ctx.moveTo(x, y - size - 1.5);
    ctx.lineTo(x + size + 1.5, y);
    ctx.lineTo(x, y + size + 1.5);
    ctx.lineTo(x - size - 1.5, y);
    ctx.closePath();
  } else {
    ctx.moveTo(x + size, y);
    ctx.arc(x, y, size, 0, 2 * Math.PI);
  }
}

export function label(ctx, text, x, y, colour, align = "left", weight = "") {
  ctx.font = `${weight} 11px system-ui, sans-serif`;
  ctx.textAlign = align;
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}
