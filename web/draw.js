// Draws the timeline: what stays on one canvas, what moves (playhead, pointer) on another above it. All in CSS pixels.

import { groupOf, readout, shownRange } from "./rows.js";
import { drawEmotions, drawRuler, drawWave } from "./draw_lanes.js";
import { clock, tops } from "./timeline.js";
import { faded } from "./theme.js";

export const LANES = { ruler: 22, wave: 34, emotions: 32, gestures: 19 };
const GROUP_HEIGHT = [54, 130]; // least, most
const UNIT_HEIGHT = 36;
const PAD = 5; // above and below a curve
const MARGIN = 12; // beside the view, where a key still shows

/** Where everything lies: {width, height, head: height of the lanes, tops: of the rows, scroll}. */
export function geometry(editor, width, height, scroll) {
  const gestures = editor.edits.presets.length ? LANES.gestures : 0;
  const head = LANES.ruler + LANES.wave + LANES.emotions + gestures;
  const groups = editor.rows.filter((row) => row.kind === "group").length;
  const rest = height - head - (editor.rows.length - groups) * UNIT_HEIGHT;
  const group = Math.floor(Math.min(Math.max(rest / Math.max(groups, 1), GROUP_HEIGHT[0]), GROUP_HEIGHT[1]));
  const rowTops = tops(editor.rows.map((row) => (row.kind === "group" ? group : UNIT_HEIGHT)));
  return { width, height, head, gestures, tops: rowTops, scroll };
}

/** Value to y in a row of the geometry. */
export function rowScale(editor, place, index) {
  const row = editor.rows[index];
  const top = place.head + place.tops[index] - place.scroll + PAD;
  const height = place.tops[index + 1] - place.tops[index] - 2 * PAD;
  let [low, high] = [0, 0];
  for (const channel of row.channels) {
    const curve = editor.curve(channel);
    [low, high] = [Math.min(low, curve.low), Math.max(high, curve.high)];
  }
  const [from, to] = shownRange(row.channels, low, high);
  const most = bent(1);
  const unit = height / (most - bent(from / to));
  return {
    y: (value) => top + (most - bent(value / to)) * unit,
    value: (y) => unbent(most - (y - top) / unit) * to,
  };
}

// Speech moves most units by a fifth of what they can do, so small values get more room.
const BEND = 1.6;
const bent = (value) => value / (1 + BEND * Math.abs(value));
const unbent = (height) => height / Math.max(1 - BEND * Math.abs(height), 0.1);

/** Where the keys of a row that are in view lie: [{x, y, time, ease, layer, members, channel, order}]. */
export function keyPoints(editor, place, index) {
  const { scale } = editor;
  const points = [];
  let row = null;
  editor.rows[index].channels.forEach((channel, order) => {
    for (const { time, ease, layer, members } of editor.keys(channel)) {
      const x = scale.x(time);
      if (x < -MARGIN || x > place.width + MARGIN) continue;
      row ??= rowScale(editor, place, index);
      const y = row.y(editor.curve(channel).edited[editor.frameAt(time)]);
      points.push({ x, y, time, ease, layer, members, channel, order });
    }
  });
  return points;
}

export const colourOf = (theme, row, order = 0) => {
  const colour = theme.rows[row.group ?? row.id];
  return order ? faded(colour, order === 1 ? 0.62 : 0.4) : colour;
};

const isSelected = (editor, key) => key.members.some(({ key: each }) => editor.selection.has(each));

/** The whole picture without what moves. */
export function drawAll(ctx, editor, place, theme, words) {
  ctx.fillStyle = theme.well;
  ctx.fillRect(0, 0, place.width, place.height);
  editor.rows.forEach((row, index) => drawRow(ctx, editor, place, theme, index));
  const after = place.head + place.tops[place.tops.length - 1] - place.scroll;
  if (after < place.height) {
    ctx.fillStyle = theme.background;
    ctx.fillRect(0, after, place.width, place.height - after);
  }
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, place.width, place.head);
  drawRuler(ctx, editor, place, theme);
  drawWave(ctx, editor, place, theme, words);
  drawEmotions(ctx, editor, place, theme, words);
}

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
  for (const key of keyPoints(editor, place, index)) drawKey(ctx, theme, key, colour, isSelected(editor, key));
  ctx.globalAlpha = 1;
  let late = 0;
  for (const channel of row.channels) for (const key of editor.keys(channel)) if (key.time > editor.seconds) late++;
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

/** The replaced ranges that concern a row. */
export function rangesOf(editor, row) {
  const shown = new Set(row.channels.flatMap((channel) => channel.parts.map(([c]) => c)));
  return editor.edits.replace.filter((part) => groupOf(row.id).units.some((unit) => shown.has(unit.columns[0]) && unit.id in part.keys));
}

function drawCurves(ctx, editor, theme, row, channel, order, y) {
  const { base, edited, changed } = editor.curve(channel);
  const colour = colourOf(theme, row, order);
  const single = row.channels.length === 1;
  if (changed) {
    ctx.strokeStyle = faded(theme.base, single ? 0.9 : 0.5);
    ctx.lineWidth = 1;
    trace(ctx, editor, base, y);
    ctx.stroke();
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

/** A path along values: every frame, or the lowest and highest of each pixel when several share it. */
function trace(ctx, editor, values, y) {
  const { scale, fps } = editor;
  const { first, last, each } = framesInView(editor, values);
  ctx.beginPath();
  if (each <= 1.5) {
    for (let frame = first; frame <= last; frame++) ctx.lineTo(scale.x(frame / fps), y(values[frame]));
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
      ctx.lineTo(x, y(high));
      if (high - low > 1e-3) ctx.lineTo(x, y(low));
    }
  }
  const end = scale.x((last + 1) / fps);
  ctx.lineTo(end, y(values[last]));
}

/** The area between values and others (or zero). */
function area(ctx, editor, values, others, y) {
  const { scale, fps } = editor;
  const { first, last, each } = framesInView(editor, values);
  const step = Math.max(each, 1);
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

function drawKey(ctx, theme, { x, y, ease }, colour, selected, size = selected ? 5 : 4) {
  ctx.beginPath();
  if (ease === "step") ctx.rect(x - size, y - size, 2 * size, 2 * size);
  else if (ease === "linear") {
    ctx.moveTo(x, y - size - 1.5);
    ctx.lineTo(x + size + 1.5, y);
    ctx.lineTo(x, y + size + 1.5);
    ctx.lineTo(x - size - 1.5, y);
    ctx.closePath();
  } else ctx.arc(x, y, size, 0, 7);
  ctx.fillStyle = selected ? theme.text : theme.well;
  ctx.fill();
  ctx.lineWidth = 1.75;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

export function label(ctx, text, x, y, colour, align = "left", weight = "") {
  ctx.font = `${weight} 11px system-ui, sans-serif`;
  ctx.textAlign = align;
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/** What moves: the playhead, the values there, the box, the stretch bar, what is under the pointer. pointer: see pointer.js. */
export function drawMoving(ctx, editor, place, theme, pointer) {
  ctx.clearRect(0, 0, place.width, place.height);
  const { scale } = editor;
  if (pointer.soft) {
    const [from, to] = [scale.x(pointer.soft.time - pointer.soft.radius), scale.x(pointer.soft.time + pointer.soft.radius)];
    ctx.fillStyle = faded(theme.accent, 0.1);
    ctx.fillRect(from, place.head, to - from, place.height - place.head);
  }
  const bar = pointer.stretch;
  if (bar) {
    const [from, to] = [scale.x(bar.from), scale.x(bar.to)];
    ctx.fillStyle = faded(theme.accent, 0.07);
    ctx.fillRect(from, place.head, to - from, place.height - place.head);
    ctx.fillStyle = theme.accent;
    ctx.fillRect(from, LANES.ruler - 4, to - from, 3);
    ctx.fillRect(from - 3, LANES.ruler - 9, 6, 10);
    ctx.fillRect(to - 3, LANES.ruler - 9, 6, 10);
  }
  const x = scale.x(editor.playhead);
  if (x >= -6 && x <= place.width + 6) {
    ctx.fillStyle = theme.accent;
    ctx.fillRect(Math.round(x) - 0.5, LANES.ruler - 8, 1.25, place.height);
    ctx.beginPath();
    ctx.moveTo(x - 6, LANES.ruler - 14);
    ctx.lineTo(x + 6, LANES.ruler - 14);
    ctx.lineTo(x + 6, LANES.ruler - 9);
    ctx.lineTo(x, LANES.ruler - 2);
    ctx.lineTo(x - 6, LANES.ruler - 9);
    ctx.fill();
    drawDots(ctx, editor, place, theme, x);
  }
  if (pointer.box) {
    const { x0, y0, x1, y1 } = pointer.box;
    ctx.fillStyle = faded(theme.accent, 0.12);
    ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
    ctx.strokeStyle = theme.accent;
    ctx.lineWidth = 1;
    ctx.strokeRect(x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0);
  }
  if (pointer.near) {
    ctx.strokeStyle = theme.text;
    ctx.lineWidth = 1.25;
    ctx.beginPath();
    ctx.arc(pointer.near.x, pointer.near.y, 8, 0, 7);
    ctx.stroke();
  }
  if (pointer.note) drawNote(ctx, place, theme, pointer.note);
}

function drawDots(ctx, editor, place, theme, x) {
  editor.rows.forEach((row, index) => {
    const top = place.head + place.tops[index] - place.scroll;
    if (top > place.height || place.head + place.tops[index + 1] - place.scroll < place.head) return;
    const { y } = rowScale(editor, place, index);
    row.channels.forEach((channel, order) => {
      const curve = editor.curve(channel);
      const at = y((editor.compare ? curve.base : curve.edited)[editor.frame]);
      if (at < place.head) return;
      ctx.fillStyle = colourOf(theme, row, order);
      ctx.beginPath();
      ctx.arc(x, at, 3, 0, 7);
      ctx.fill();
    });
  });
}

/** A small sign beside the pointer. */
function drawNote(ctx, place, theme, { x, y, text }) {
  ctx.font = "11px system-ui, sans-serif";
  const width = ctx.measureText(text).width + 12;
  const left = x + 14 + width > place.width ? x - 14 - width : x + 14;
  const top = Math.max(y - 24, 2);
  ctx.fillStyle = faded(theme.background, 0.94);
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.roundRect(left, top, width, 19, 4);
  ctx.fill();
  ctx.stroke();
  label(ctx, text, left + 6, top + 13, theme.text);
}

/** "1.24 s · 45 %" for the sign beside the pointer. */
export const noteText = (channel, time, value) => `${clock(time)} · ${readout(channel, value)}`;
