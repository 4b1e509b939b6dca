// Draws what stays of the timeline: lanes and rows. What moves is draw_moving.js'. All in CSS pixels.

import { drawEmotions, drawRuler, drawWave } from "./draw_lanes.js";
import { drawRow } from "./draw_rows.js";

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
