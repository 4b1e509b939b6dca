// What opens over the editor: gestures and own poses, files, the edits as text, the help.

import { applyPose, copied, dropGesture, paste, poseHere } from "./actions.js";
import { download, h, menuItem, menuTitle } from "./controls.js";
import { editsToJson, NO_EDITS } from "./edits_json.js";
import { libraryJson, performanceCsv, performanceJson, readFile, withPerformance } from "./files.js";
import { BINDINGS } from "./keyboard.js";
import { clock } from "./timeline.js";
import { EMOTIONS, PRESETS } from "./units.js";

const MOUSE = ["g_double", "g_alt", "g_box", "g_wheel", "g_ruler", "g_blocks", "g_face", "g_sliders"];

export function gestureMenu(editor, words, widget, close) {
  const run = (action) => () => {
    action();
    close();
    widget.focus();
  };
  const gestures = PRESETS.filter((name) => !EMOTIONS.includes(name));
  const grid = h("div", { class: "aue-menu-grid" }, ...gestures.map((name) => menuItem(words(`preset_${name}`), run(() => dropGesture(editor, name)))));
  const own = editor.view.library.map((entry, k) => ownItem(editor, widget, entry, k, run, close));
  const save = (label, make) => menuItem(words(label), () => widget.messages.ask(words("name_it"), (name) => {
    const made = make();
    if (made) editor.setView({ library: [...editor.view.library, { name, ...made }] });
    widget.messages.say(words("saved_pose"));
  }, close));
  const clip = () => {
    const found = copied(editor);
    return found && { clip: found };
  };
  return [
    menuTitle(words("add_gesture")),
    grid,
    menuTitle(words("own")),
    ...(own.length ? own : [h("div", { class: "aue-menu-none" }, words("no_own"))]),
    save("save_pose", () => ({ pose: poseHere(editor) })),
    ...(editor.selection.size ? [save("save_move", clip)] : []),
    ...(own.length ? [menuItem(words("export_library"), run(() => download("auhead_library.json", libraryJson(editor.view.library), "application/json")))] : []),
  ];
}

function ownItem(editor, widget, entry, k, run, close) {
  const use = run(() => {
    const problem = entry.pose ? applyPose(editor, entry.pose) : paste(editor, entry.clip);
    if (problem) widget.messages.say(problem, true);
  });
  const forget = (event) => {
    event.stopPropagation();
    editor.setView({ library: editor.view.library.filter((_, each) => each !== k) });
    close();
  };
  return h("div", { class: "aue-own" }, menuItem(entry.name, use), menuItem("×", forget, { class: "aue-menu-item aue-forget" }));
}

export function fileMenu(editor, words, widget, close) {
  const run = (action) => () => {
    close();
    action();
  };
  const spans = () => editor.performance.shownSpans(editor.baseSpans);
  const table = () => editor.performance.edited;
  return [
    menuItem(words("import_any"), run(() => openFile(editor, words, widget))),
    menuItem(words("export_edits"), run(() => download("edits.json", editsToJson(editor.edits) || "{}", "application/json"))),
    menuItem(words("export_json"), run(() => download("performance.json", performanceJson(table(), editor.fps, spans()), "application/json"))),
    menuItem(words("export_csv"), run(() => download("performance.csv", performanceCsv(table(), editor.fps, spans()), "text/csv"))),
    menuItem(words("show_text"), run(() => showText(editor, words, widget))),
    ...(editor.edits.replaceSpans ? [menuItem(words("emotions_as_came"), run(() => editor.commit({ ...editor.edits, spans: [], replaceSpans: false }, new Set())))] : []),
    menuItem(words("clear"), run(() => editor.commit({ ...NO_EDITS, other: editor.edits.other }, new Set()))),
  ];
}

function openFile(editor, words, widget) {
  const input = h("input", { type: "file", accept: ".json,.csv,.txt" });
  input.onchange = async () => {
    const [file] = input.files;
    if (file) takeFile(editor, words, widget, file.name, await file.text());
  };
  input.click();
}

/** Takes what a file holds into the editor: edits in place of the present ones, a performance from the playhead on. */
export function takeFile(editor, words, widget, name, text) {
  const found = readFile(text);
  let [problem, told] = [null, words("imported", { set: name })];
  if (found?.edits) problem = editor.adopt(found.edits);
  else if (found?.performance) {
    const from = editor.snap(editor.playhead);
    const { edits, selection } = withPerformance(editor.edits, found.performance, from);
    told = words("imported_at", { set: name, time: clock(from) });
    problem = editor.adopt(edits, selection);
  } else if (found?.library?.length) editor.setView({ library: [...editor.view.library, ...found.library] });
  else return widget.messages.say(found?.error ?? words("not_opened", { set: name }), true);
  widget.messages.say(problem ?? told, problem !== null);
}

export function showText(editor, words, widget) {
  const area = h("textarea", { value: editor.text, spellcheck: false, "aria-label": words("show_text") });
  area.oninput = () => widget.takeText(area.value);
  widget.messages.sheet(words("show_text"), area);
}

export function helpSheet(words) {
  const row = (keys, what) => h("div", { class: "aue-help-row" }, h("kbd", {}, keys), h("span", {}, what));
  const mouse = h("section", {}, h("h4", {}, words("gestures")), ...MOUSE.map((name) => h("p", {}, words(name))));
  const keyboard = h("section", {}, h("h4", {}, words("keyboard")), ...BINDINGS.map(([keys, name]) => row(keys, words(name))));
  return h("div", { class: "aue-help" }, h("div", { class: "aue-columns" }, mouse, keyboard));
}
