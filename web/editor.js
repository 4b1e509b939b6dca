// The state of one editor, without any DOM: edits, history, base, rows, selection, playhead, view. actions.js changes it,
// draw.js shows it.

import { roundEven } from "./curve.js";
import { Curves } from "./curves.js";
import { EditsError, editsToJson, NO_EDITS, parseEdits } from "./edits_json.js";
import { History } from "./history.js";
import { incomingEmotions } from "./lane.js";
import { muted, Performance } from "./model.js";
import { groupOf, visibleRows } from "./rows.js";
import { snapped, TimeScale } from "./timeline.js";
import { COLUMNS } from "./units.js";
import { firstView } from "./view.js";

export const EMOTION_ROW = "emotions";
const FPS = 25;

/** A base without any motion. */
export function blankSource(seconds) {
  return { fps: FPS, frames: Math.max(1, roundEven(seconds * FPS)), columns: {}, spans: [], peaks: null, sound: null, blank: true };
}

export class Editor {
  /** onText(text): the edits changed. onChange(what): "draw", "rows", "playhead" or "all" has to be shown anew. */
  constructor({ onText = () => {}, onChange = () => {}, onView = () => {} } = {}) {
    this.onText = onText;
    this.onChange = onChange;
    this.onView = onView;
    this.text = "";
    this.problem = null;
    this.locked = false; // the edits come from elsewhere
    this.view = firstView();
    this.history = new History(this.stateWith(NO_EDITS));
    this.solo = new Set();
    this.active = "smile";
    this.channel = 0;
    this.level = 2;
    this.playhead = 0;
    this.peek = null; // a moment that is shown in place of the playhead's while something there is dragged
    this.playing = false;
    this.incoming = [];
    this.loop = null;
    this.looping = true;
    this.compare = false;
    this.dirty = new Set();
    this.scale = new TimeScale(1, 600);
    this.setSource(blankSource(4));
  }

  /** A step of the history. The balance of the rows goes with the keys that were divided by it. */
  stateWith(edits, selection = new Set()) {
    return { edits, selection, balance: this.view.balance };
  }

  get edits() {
    return this.history.state.edits;
  }

  get selection() {
    return this.history.state.selection;
  }

  get seconds() {
    return this.performance.seconds;
  }

  get fps() {
    return this.performance.fps;
  }

  get readOnly() {
    return this.problem !== null || this.locked;
  }

  /**
   * Take edits from a text. One that cannot be used is kept as it is, and nothing is edited until it is
   * mended. undoable: a change by the user, and no other state of the node.
   */
  setText(text, undoable = false) {
    this.text = text;
    try {
      const edits = parseEdits(text);
      this.problem = null;
      if (!undoable) this.history = new History(this.stateWith(edits));
      else if (editsToJson(edits) !== editsToJson(this.edits)) this.history.push(this.stateWith(edits));
    } catch (error) {
      if (!(error instanceof EditsError)) throw error;
      this.problem = error.message;
      if (!undoable) this.history = new History(this.stateWith(NO_EDITS)); // nothing of another state of the node
    }
    this.refresh();
    this.onChange("all");
  }

  /** Give up a text that cannot be used, for no edits at all. What was valid before it was typed comes with an undo. */
  startAfresh() {
    this.problem = null;
    this.history.push(this.stateWith(NO_EDITS));
    this.refresh();
    this.flush();
    this.onChange("all");
  }

  /** Another performance beneath the edits: {fps, frames, columns, spans, peaks, sound}. */
  setSource(source) {
    this.source = source;
    this.performance = new Performance(source);
    this.performance.update(this.edits);
    this.setIncoming(incomingEmotions(source.spans ?? [], this.seconds));
    this.curves = new Curves(this.performance);
    this.scale.resize(this.seconds, this.scale.width);
    this.playhead = Math.min(this.playhead, this.lastTime);
    if (this.loop && this.loop.from >= this.seconds) this.loop = null;
    this.layout();
    this.onChange("all");
  }

  /** The emotions that came in, as blocks; what was selected of others is so no more. */
  setIncoming(spans) {
    if (JSON.stringify(spans) === JSON.stringify(this.incoming)) return;
    const gone = new Set(this.incoming);
    this.incoming = spans;
    this.history.state = this.stateWith(this.edits, new Set([...this.selection].filter((item) => !gone.has(item) || this.edits.spans.includes(item))));
  }

  /** Whether the lane of emotions shows those that came in, because there are no edits of them. */
  get showsIncoming() {
    return this.incoming.length > 0 && !this.edits.spans.length && !this.edits.replaceSpans;
  }

  /** The edits with the emotions of the lane among them: those that came in become edits with the first change. */
  get laneEdits() {
    return this.showsIncoming ? { ...this.edits, spans: this.incoming, replaceSpans: true } : this.edits;
  }

  /** The edits that a change of these things starts from: with the emotions that came in when one is among them. */
  editsFor(selection) {
    return this.incoming.some((span) => selection.has(span)) ? this.laneEdits : this.edits;
  }

  /** The next state. Changes of one gesture (a value) are undone together and written when it ends. */
  commit(edits, selection = this.selection, gesture = null) {
    if (this.readOnly) return;
    if (edits === this.edits) {
      this.history.state = this.stateWith(edits, selection);
      return this.onChange("draw");
    }
    this.history.push(this.stateWith(edits, selection), gesture);
    this.refresh();
    if (gesture === null) this.flush();
    this.onChange("edits");
  }

  /** The next state with parts that come from elsewhere, if it can be stored. What hinders it, in a sentence, or null. */
  adopt(edits, selection = new Set()) {
    try {
      parseEdits(editsToJson(edits));
    } catch (error) {
      if (!(error instanceof EditsError)) throw error;
      return error.message;
    }
    this.commit(edits, selection);
    return null;
  }

  select(selection) {
    this.commit(this.edits, selection);
  }

  /** Ends a gesture: writes the text. */
  flush() {
    this.history.seal();
    if (this.view.onlyActive) this.layout();
    const text = editsToJson(this.edits);
    if (this.readOnly || text === this.text) return;
    this.text = text;
    this.onText(text);
  }

  /** Takes back what the gesture in progress has changed. */
  abandon() {
    if (!this.history.abandon()) return;
    this.refresh();
    this.onChange("all");
  }

  undo() {
    return this.travel(() => this.history.undo());
  }

  redo() {
    return this.travel(() => this.history.redo());
  }

  travel(step) {
    if (this.readOnly || !step()) return false;
    this.refresh();
    const { balance } = this.history.state;
    if (balance !== this.view.balance) this.setView({ balance });
    this.flush();
    this.onChange("all");
    return true;
  }

  /** Bring the performance and the cached curves to the edits. */
  refresh() {
    const changed = this.performance.update(this.edits);
    this.curves.refresh(changed);
    for (const c of changed.keys()) this.dirty.add(c);
  }

  curve(channel) {
    return this.curves.of(channel);
  }

  keys(channel) {
    return this.curves.keys(this.edits, channel);
  }

  /** Which rows are shown. */
  layout() {
    const keep = this.view.onlyActive ? (row) => row.columns.some((c) => this.moves(c)) : () => true;
    this.rows = visibleRows(this.view, keep);
    if (this.active !== EMOTION_ROW && !this.row(this.active)) this.active = this.rows[0]?.id ?? EMOTION_ROW;
    this.onChange("rows");
  }

  /** Whether anything is edited or moves in a column. */
  moves(c) {
    const { id } = COLUMNS[c];
    if (id in this.edits.keys || this.edits.replace.some((part) => id in part.keys) || id in this.edits.offsets) return true;
    return this.performance.edited[c].some((value) => Math.abs(value) > 0.004) || this.performance.base[c].some((value) => Math.abs(value) > 0.004);
  }

  row(id) {
    return this.rows.find((row) => row.id === id) ?? null;
  }

  get activeRow() {
    return this.row(this.active);
  }

  get activeChannel() {
    const row = this.activeRow;
    return row ? row.channels[Math.min(this.channel, row.channels.length - 1)] : null;
  }

  setActive(id, channel = 0) {
    if (this.active === id && this.channel === channel) return;
    this.active = id;
    this.channel = channel;
    this.onChange("rows");
  }

  balanceOf(row) {
    return this.view.unlinked.has(row.group ?? row.id) || row.kind === "unit" ? 0 : (this.view.balance[row.id] ?? 0);
  }

  /** Changes what is saved with the workflow but is no edit. */
  setView(changes) {
    Object.assign(this.view, changes);
    this.onView(this.view);
    this.layout();
  }

  get lastTime() {
    return (this.performance.frames - 1) / this.fps;
  }

  get frame() {
    return this.frameAt(this.playing ? this.playhead : (this.peek ?? this.playhead));
  }

  frameAt(time) {
    return Math.min(Math.max(Math.floor(time * this.fps + 1e-3), 0), this.performance.frames - 1);
  }

  snap(time) {
    return snapped(time, this.fps, this.view.snap);
  }

  setPlayhead(time) {
    this.playhead = Math.min(Math.max(time, 0), this.lastTime);
    this.onChange("playhead");
  }

  /** The 40 values of the face at the moment that is shown, as the rows' solo buttons and the comparison want them. */
  values(out = new Float32Array(COLUMNS.length)) {
    const table = this.compare ? this.performance.base : this.performance.edited;
    const { frame } = this;
    for (let c = 0; c < out.length; c++) out[c] = this.heard(c) ? table[c][frame] : 0;
    return out;
  }

  heard(c) {
    if (!this.solo.size) return true;
    const { id } = COLUMNS[c];
    return this.solo.has(id) || this.solo.has(groupOf(id).id);
  }

  isMuted(row) {
    return row.columns.every((c) => muted(this.edits, COLUMNS[c]));
  }

  /** Emotions of the performance that came in. */
  get baseSpans() {
    return this.source.spans ?? [];
  }
}
