// The keys of the keyboard. Each binding: [keys, what it does (a name in strings.js), action(editor, event, widget)].

import * as act from "./actions.js";
import { EMOTION_ROW } from "./editor.js";
import * as rows from "./row_actions.js";
import { INTERPOLATIONS } from "./units.js";

const STEP = 0.01; // of a value
const BIG = 10; // times, with Shift

const frames = (editor, count) => editor.setPlayhead(editor.snap((editor.frame + count) / editor.fps));
const size = (event) => (event.shiftKey ? BIG : 1);

function nextRow(editor, direction) {
  const ids = [EMOTION_ROW, ...editor.rows.map((row) => row.id)];
  const place = ids.indexOf(editor.active) + direction;
  if (ids[place]) editor.setActive(ids[place]);
}

function nextChannel(editor) {
  const count = editor.activeRow?.channels.length ?? 1;
  editor.setActive(editor.active, (editor.channel + 1) % count);
}

function nextEase(editor) {
  const first = [...editor.selection].find((item) => "ease" in item);
  if (first) act.setEase(editor, INTERPOLATIONS[(INTERPOLATIONS.indexOf(first.ease) + 1) % INTERPOLATIONS.length]);
}

function addKey(editor) {
  if (editor.active === EMOTION_ROW) act.dropEmotion(editor, 5);
  else act.addKeyAt(editor, editor.activeRow, editor.activeChannel, editor.playhead);
}

function mark(editor, edge) {
  const loop = editor.loop ?? { from: 0, to: editor.seconds };
  const time = editor.snap(editor.playhead);
  const next = edge === "from" ? { from: time, to: loop.to > time ? loop.to : editor.seconds } : { from: loop.from < time ? loop.from : 0, to: time };
  editor.loop = next.to > next.from ? next : null;
  editor.looping = true;
  editor.onChange("draw");
}

const onRow = (change) => (editor) => editor.activeRow && change(editor, editor.activeRow);

export const BINDINGS = [
  ["Space", "play", (editor, event, widget) => widget.togglePlay()],
  [", .", "step", (editor, event) => frames(editor, (event.key === "," || event.key === "<" ? -1 : 1) * size(event))],
  ["Home End", "ends", (editor, event) => editor.setPlayhead(event.key === "Home" ? 0 : editor.lastTime)],
  ["↑ ↓", "rows", (editor, event) => nextRow(editor, event.key === "ArrowUp" ? -1 : 1)],
  ["← →", "keys", (editor, event) => act.goToNext(editor, event.key === "ArrowLeft" ? -1 : 1, event.shiftKey)],
  ["Alt + ← →", "nudge_time", (editor, event) => act.nudge(editor, ((event.key === "ArrowLeft" ? -1 : 1) * size(event)) / editor.fps, 0)],
  ["Alt + ↑ ↓", "nudge_value", (editor, event) => act.nudge(editor, 0, (event.key === "ArrowUp" ? 1 : -1) * STEP * size(event))],
  ["K", "add_key", addKey],
  ["Delete", "delete", act.remove],
  ["1 – 8", "drop", (editor, event) => act.dropEmotion(editor, Number(event.code.at(-1)))],
  ["+ -", "level", (editor, event) => act.setLevel(editor, editor.level + (event.key === "-" ? -1 : 1))],
  ["M", "mirror", (editor, event, widget) => widget.mirror()],
  ["T", "ease_next", nextEase],
  ["C", "curve_next", nextChannel],
  ["R", "replace", (editor, event, widget) => widget.replace()],
  ["Ctrl + Z", "undo", (editor) => editor.undo()],
  ["Ctrl + Y", "redo", (editor) => editor.redo()],
  ["Ctrl + C X V", "clipboard", null],
  ["Ctrl + Shift + V", "paste_mirrored", null],
  ["Ctrl + A", "select_all", act.selectAll],
  ["Esc", "escape", (editor, event, widget) => widget.escape()],
  ["[ ]", "loop_ends", (editor, event) => mark(editor, event.key === "[" ? "from" : "to")],
  ["L", "loop", (editor, event, widget) => widget.toggleLoop()],
  ["B", "compare", (editor, event, widget) => widget.compare(true)],
  ["O", "open", onRow(rows.toggleOpen)],
  ["S", "solo", onRow(rows.toggleSolo)],
  ["D", "mute", onRow(rows.toggleMute)],
  ["A", "only_active", (editor) => editor.setView({ onlyActive: !editor.view.onlyActive })],
  ["N", "snap", (editor) => editor.setView({ snap: !editor.view.snap })],
  ["Z X 0", "zoom", zoom],
  ["Tab", "onwards", null],
  ["F", "full", (editor, event, widget) => widget.toggleFull()],
  ["?", "help", (editor, event, widget) => widget.toggleHelp()],
];

function zoom(editor, event) {
  if (event.code === "Digit0") editor.scale.fit();
  else editor.scale.zoom(editor.scale.x(editor.playhead), event.code === "KeyX" ? 1.4 : 1 / 1.4);
  editor.onChange("draw");
}

const binding = (name) => BINDINGS.find((each) => each[1] === name);
const action = (name) => binding(name)[2];

/** The keys of an action as people read them. */
export const keysFor = (name) => binding(name)[0];

const PLAIN = {
  " ": "play",
  ",": "step",
  ".": "step",
  "<": "step",
  ">": "step",
  Home: "ends",
  End: "ends",
  ArrowUp: "rows",
  ArrowDown: "rows",
  ArrowLeft: "keys",
  ArrowRight: "keys",
  Delete: "delete",
  Backspace: "delete",
  Enter: "add_key",
  Escape: "escape",
  "+": "level",
  "=": "level",
  "-": "level",
  "[": "loop_ends",
  "]": "loop_ends",
  "?": "help",
};
const LETTERS = Object.fromEntries(
  BINDINGS.filter(([keys, , run]) => /^[A-Z?]$/.test(keys) && run).map(([keys, name]) => [keys.toLowerCase(), name]),
);

/** What a key press does here: the name of a binding, or null when it is none of ours. */
export function bindingFor(event) {
  const control = event.ctrlKey || event.metaKey;
  const letter = event.key.toLowerCase();
  if (control) {
    if (letter === "z") return event.shiftKey ? "redo" : "undo";
    return { y: "redo", a: "select_all" }[letter] ?? null;
  }
  if (event.altKey) return event.key.startsWith("Arrow") ? (/Left|Right/.test(event.key) ? "nudge_time" : "nudge_value") : null;
  if (/^Digit[1-8]$/.test(event.code)) return "drop";
  if (event.code === "Digit0" || letter === "z" || letter === "x") return "zoom";
  return PLAIN[event.key] ?? LETTERS[letter] ?? null;
}

/** Does what a key press means. True when it was ours, so that the host must not see it. */
export function press(event, editor, widget) {
  const name = bindingFor(event);
  if (!name) return false;
  if (editor.readOnly && !["play", "step", "ends", "rows", "keys", "zoom", "full", "help", "escape", "compare"].includes(name)) return true;
  action(name)(editor, event, widget);
  return true;
}
