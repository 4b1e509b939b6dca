// What moves over the timeline, on a canvas of its own: playhead, selection, the sign beside the pointer.

import { drawEmotions } from "./draw_lanes.js";
import { colourOf, label } from "./draw_rows.js";
import { LANES, rowScale } from "./places.js";
import { readout } from "./rows.js";
import { faded } from "./theme.js";
import { clock } from "./timeline.js";

/** What moves: the playhead, the values there, the box, the stretch bar, what is under the pointer. pointer: see pointer.js. */
export function drawMoving(ctx, editor, place, theme, pointer, words) {
  ctx.clearRect(0, 0, place.width, place.height);
  const { scale } = editor;
  if (pointer.carried?.plan) drawEmotions(ctx, editor, place, theme, words, pointer.carried.plan);
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
  if (pointer.edge) drawEdge(ctx, theme, pointer.edge);
  if (pointer.note) drawNote(ctx, place, theme, pointer.note);
}

function drawDots(ctx, editor, place, theme, x) {
  editor.rows.forEach((row, index) => {
    const top = place.head + place.tops[index] - place.scroll;
    if (top > place.height || place.head + place.tops[index + 1] - place.scroll < place.head) return;
    const { y } = rowScale(editor, place, index);
    row.channels.forEach((channel, order) => {
      const curve = editor.curve(channel);
      const at = y((editor.compare ? curve.base : curve.edited)[editor.frameAt(editor.playhead)]);
      if (at < place.head) return;
      ctx.fillStyle = colourOf(theme, row, order);
      ctx.beginPath();
      ctx.arc(x, at, 3, 0, 7);
      ctx.fill();
    });
  });
}

/** The edge of a block that a press would take, as a bar inside it; on a seam one in either block. */
function drawEdge(ctx, theme, { x, part, gestures }) {
  const [top, height] = gestures ? [LANES.ruler + LANES.wave + LANES.emotions - 1, LANES.gestures - 2] : [LANES.ruler + LANES.wave + 8, LANES.emotions - 10];
  ctx.fillStyle = theme.text;
  ctx.beginPath();
  if (part !== "start") ctx.roundRect(x - 5.5, top + 3, 3, height - 6, 1.5);
  if (part !== "end") ctx.roundRect(x + 2.5, top + 3, 3, height - 6, 1.5);
  ctx.fill();
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
