// Draws what stays of the timeline: lanes and rows. What moves is draw_moving.js'. All in CSS pixels.

import { drawEmotions, drawRuler, drawWave } from "./draw_lanes.js";
import { drawRow } from "./draw_rows.js";

const ROWS_TIME = 1; // milliseconds of a frame for rows other than the active one

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

/**
 * Draws what edits changed: the active row at once, of the others as many as there is time for, those that wait longest
 * first. drawn: {waiting: ids of rows still to be drawn, spans, presets: of the edits that the lanes show}, kept up here.
 */
export function drawEdited(ctx, editor, place, theme, words, drawn) {
  const { waiting } = drawn;
  for (const row of editor.rows) {
    if (row.channels.some((channel) => channel.parts.some(([c]) => editor.dirty.has(c)))) waiting.add(row.id);
  }
  const until = performance.now() + ROWS_TIME;
  for (const id of [editor.active, ...waiting]) {
    if (id !== editor.active && performance.now() > until) break;
    const index = waiting.delete(id) ? editor.rows.findIndex((row) => row.id === id) : -1;
    if (index >= 0) drawRow(ctx, editor, place, theme, index);
  }
  const { spans, presets } = editor.edits;
  if (drawn.spans !== spans || drawn.presets !== presets) drawEmotions(ctx, editor, place, theme, words);
  Object.assign(drawn, { spans, presets });
}
