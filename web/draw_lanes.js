// The lanes above the rows: ruler, waveform, emotions and gestures.

import { gestureBlocks } from "./blocks.js";
import { emotionBlocks } from "./lane.js";
import { LANES } from "./places.js";
import { faded, mix } from "./theme.js";

function text(ctx, words, x, y, colour, size = 10, weight = "") {
  ctx.font = `${weight} ${size}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.fillStyle = colour;
  ctx.fillText(words, x, y);
}

export function drawRuler(ctx, editor, place, theme) {
  const { scale } = editor;
  const [marked, bottom] = [editor.loop, LANES.ruler];
  if (marked) {
    ctx.fillStyle = faded(theme.accent, editor.looping ? 0.32 : 0.14);
    ctx.fillRect(scale.x(marked.from), 0, scale.x(marked.to) - scale.x(marked.from), bottom);
    ctx.fillStyle = faded(theme.accent, 0.9);
    for (const x of [scale.x(marked.from), scale.x(marked.to) - 2]) ctx.fillRect(x, 0, 2, bottom);
  }
  for (const { time, label } of scale.ticks()) {
    const x = Math.round(scale.x(time));
    ctx.fillStyle = label === null ? theme.line : theme.faint;
    ctx.fillRect(x, bottom - (label === null ? 4 : 8), 1, label === null ? 4 : 8);
    if (label !== null && x + 30 < place.width) text(ctx, label, x + 4, 11, theme.dim);
  }
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, bottom - 1, place.width, 1);
}

export function drawWave(ctx, editor, place, theme, words) {
  const top = LANES.ruler;
  const middle = top + LANES.wave / 2;
  const { peaks } = editor.source;
  const { scale } = editor;
  ctx.fillStyle = theme.well;
  ctx.fillRect(0, top, place.width, LANES.wave);
  if (peaks) {
    const perSecond = peaks.rate;
    ctx.fillStyle = mix(theme.dim, theme.accent, 0.35);
    ctx.beginPath();
    for (let x = 0; x < place.width; x++) {
      const first = Math.floor(scale.time(x) * perSecond);
      const last = Math.max(Math.floor(scale.time(x + 1) * perSecond), first + 1);
      let high = 0;
      for (let k = Math.max(first, 0); k < Math.min(last, peaks.values.length); k++) high = Math.max(high, peaks.values[k]);
      if (first < 0 || first >= peaks.values.length) continue;
      const half = Math.max(high * (LANES.wave / 2 - 3), 0.5);
      ctx.rect(x, middle - half, 1, 2 * half);
    }
    ctx.fill();
  } else {
    text(ctx, words(editor.source.blank ? "run_to_see" : "no_sound"), 8, middle + 4, theme.faint, 11);
  }
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, top + LANES.wave - 1, place.width, 1);
}

/** The lanes of blocks; `plan` {edits, selection}: as a drop would make them, with the block that is dropped. */
export function drawEmotions(ctx, editor, place, theme, words, plan = null) {
  const top = LANES.ruler + LANES.wave;
  const { scale, seconds } = editor;
  ctx.fillStyle = editor.active === "emotions" ? theme.raised : theme.background;
  ctx.fillRect(0, top, place.width, LANES.emotions + place.gestures);
  const incoming = editor.showsIncoming && !plan;
  for (const span of incoming ? [] : editor.baseSpans) {
    const [from, to] = [scale.x(span.start), scale.x(Math.min(span.end ?? seconds, seconds))];
    ctx.fillStyle = faded(theme.emotions[span.emotion] ?? theme.dim, 0.5);
    ctx.fillRect(from, top + 2, Math.max(to - from - 1, 1), 4);
  }
  const high = LANES.emotions - 10;
  const { spans } = plan?.edits ?? editor.laneEdits;
  for (const { from, to, item } of emotionBlocks(spans, seconds)) {
    const kind = { selected: editor.selection.has(item), incoming, planned: plan?.selection.has(item) };
    drawBlock(ctx, theme, scale.x(from), scale.x(to), top + 8, high, theme.emotions[item.emotion], words(`emotion_${item.emotion}`), item.level, kind);
  }
  if (!spans.length) text(ctx, words("emotions_hint"), 8, top + LANES.emotions - 10, theme.faint, 11);
  for (const { from, to, item } of place.gestures ? gestureBlocks(editor.edits) : []) {
    const title = words(`preset_${item.name}`);
    const y = top + LANES.emotions - 1;
    drawBlock(ctx, theme, scale.x(from), scale.x(to), y, LANES.gestures - 2, theme.dim, title, item.level, { selected: editor.selection.has(item) });
  }
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, place.head - 1, place.width, 1);
}

/** A block; one that came in is paler, one that would be dropped has a dashed border. */
function drawBlock(ctx, theme, from, to, top, height, colour, title, level, { selected, incoming, planned }) {
  const width = Math.max(to - from - 1, 3);
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(from + 0.5, top, width, height, 4);
  ctx.fillStyle = faded(colour, (0.45 + 0.18 * level) * (incoming ? 0.45 : 1));
  ctx.fill();
  if (selected || incoming || planned) {
    ctx.lineWidth = selected || planned ? 2 : 1;
    ctx.strokeStyle = selected || planned ? theme.text : faded(colour, 0.9);
    ctx.setLineDash(planned ? [4, 3] : []);
    ctx.stroke();
  }
  ctx.clip();
  const strong = incoming ? theme.text : theme.blockText;
  text(ctx, title, Math.max(from, 0) + 7, top + height / 2 + 4, strong, 11, "600");
  const dots = ctx.measureText(title).width + Math.max(from, 0) + 15;
  for (let k = 0; k < 3; k++) {
    ctx.beginPath();
    ctx.arc(dots + 7 * k, top + height / 2, 2.2, 0, 7);
    ctx.fillStyle = k < level ? strong : faded(strong, 0.25);
    ctx.fill();
  }
  ctx.restore();
}
