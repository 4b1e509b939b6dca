// The editor on the page: puts the parts together, draws once a frame what has changed, plays, opens the full window.
//
//     const widget = new EditorWidget(element, { language, onText, onView });
//     widget.setText(text); widget.setView(saved); widget.setSource(source); widget.setPortrait(payload); widget.dispose();

import { copied, mirror, paste, replaceHere } from "./actions.js";
import { button, h } from "./controls.js";
import { drawAll, drawMoving, drawRow, geometry } from "./draw.js";
import { drawEmotions } from "./draw_lanes.js";
import { Editor } from "./editor.js";
import { FaceView } from "./face_view.js";
import { isClip, isEntry } from "./files.js";
import { Heads } from "./heads.js";
import { press } from "./keyboard.js";
import { helpSheet } from "./menus.js";
import { Panel } from "./panel.js";
import { Pointer } from "./pointer.js";
import { Sound } from "./sound.js";
import { wordsIn } from "./strings.js";
import { applyTheme, readTheme } from "./theme.js";
import { clock } from "./timeline.js";

const MOST_PIXELS_PER_POINT = 3;
const NEWS = 3500; // milliseconds that a message stays
const FEW = 60; // selected keys whose numbers are shown while they are dragged
const CAUGHT = { capture: true, passive: false };
let clipboard = null; // shared by all editors of the page

export class EditorWidget {
  constructor(home, { language = "en", onText = () => {}, onView = () => {} } = {}) {
    this.home = home;
    home.aue = this;
    this.words = wordsIn(language);
    this.onText = onText;
    this.todo = new Set();
    this.editor = new Editor({ onText, onView: (view) => onView(savedView(view)), onChange: (what) => this.changed(what) });
    this.sound = new Sound();
    this.build();
    this.pointer = new Pointer(this.editor, this.top, () => this.place, () => this.changed("playhead"));
    this.watch();
    this.changed("all");
  }

  build() {
    const { editor, words } = this;
    this.root = h("div", { class: "aue", role: "application", "aria-label": words("title") });
    this.sink = h("textarea", { class: "aue-sink", readOnly: true, "aria-label": words("title"), "aria-roledescription": words("title") });
    this.bottom = h("canvas", { class: "aue-canvas" });
    this.top = h("canvas", { class: "aue-canvas", role: "img", "aria-label": words("title") });
    this.well = h("div", { class: "aue-well" }, this.bottom, this.top);
    this.heads = new Heads(editor, words, () => this.changed("rows"));
    this.panel = new Panel(editor, words, this);
    this.faceView = new FaceView(editor, words, () => this.focus());
    this.news = h("div", { class: "aue-news", role: "status", "aria-live": "polite" });
    this.spoken = h("div", { class: "aue-spoken", role: "status", "aria-live": "polite" });
    this.banner = h("div", { class: "aue-banner", role: "alert", hidden: true });
    this.timeline = h("div", { class: "aue-timeline" }, this.heads.element, this.well);
    this.root.append(this.faceView.element, this.panel.element, this.timeline, this.banner, this.news, this.spoken, this.sink);
    this.home.classList.add("aue-home");
    this.home.append(this.root);
  }

  watch() {
    const { root } = this;
    this.sizes = new ResizeObserver(() => this.changed("all"));
    this.sizes.observe(this.well);
    root.addEventListener("keydown", (event) => this.keydown(event));
    root.addEventListener("keyup", (event) => {
      if (event.key.toLowerCase() === "b" || event.code === "KeyB") this.compare(false);
    });
    // What happens in the editor stays here. Nodes 2.0 takes the wheel and the middle button on their way down, before
    // any element of ours, so those are caught at the window.
    this.guards = { wheel: (event) => this.wheel(event) };
    for (const name of ["down", "move", "up"]) this.guards[`pointer${name}`] = (event) => this.middle(event, name);
    for (const [name, guard] of Object.entries(this.guards)) window.addEventListener(name, guard, CAUGHT);
    for (const name of ["pointerdown", "mousedown", "contextmenu", "dblclick", "click", "keyup", "dragover", "drop"]) {
      root.addEventListener(name, (event) => event.stopPropagation());
    }
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    root.addEventListener("mousedown", (event) => {
      if (event.target.closest("input, textarea, [role=slider]")) return;
      event.preventDefault(); // which would take the keyboard away
      document.activeElement?.matches("input, textarea:not(.aue-sink)") && document.activeElement.blur();
      this.focus();
    });
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => this.dropped(event));
    this.sink.addEventListener("copy", (event) => this.copy(event));
    this.sink.addEventListener("cut", (event) => this.copy(event, true));
    this.sink.addEventListener("paste", (event) => this.paste(event));
    this.sink.addEventListener("blur", () => this.compare(false));
  }

  wheel(event) {
    if (!this.root.contains(event.target)) return;
    event.stopPropagation();
    if (this.well.contains(event.target)) this.pointer.wheel(event);
  }

  middle(event, name) {
    if (!this.well.contains(event.target) || !(event.button === 1 || event.buttons & 4)) return;
    event.stopPropagation();
    event.preventDefault();
    if (name === "down") this.focus();
    this.pointer[name](event);
  }

  /** The keyboard belongs to a hidden text field: hosts leave Ctrl+Z and letters alone while one has the focus. */
  focus() {
    if (!this.root.contains(document.activeElement) || !document.activeElement.matches("input, textarea")) {
      this.sink.focus({ preventScroll: true });
    }
  }

  keydown(event) {
    if (event.key === "Control" || event.key === "Meta") this.focus();
    if (event.target.matches("input, textarea:not(.aue-sink)")) return event.stopPropagation();
    const onButton = event.target.matches("button") && (event.key === "Enter" || event.key === " ");
    this.flip = event.shiftKey; // for the paste that follows
    if (onButton || event.key === "Tab" || !press(event, this.editor, this)) return;
    event.preventDefault();
    event.stopPropagation();
    this.tell();
  }

  /** Says to a screen reader where the keyboard is. */
  tell() {
    const { editor, words } = this;
    this.sink.setAttribute("aria-activedescendant", this.heads.idOf(editor.active));
    const row = editor.activeRow;
    const name = row ? this.heads.name(row) : words("row_emotions");
    const value = row ? (this.heads.heads.get(row.id)?.value.textContent ?? "") : "";
    const count = editor.selection.size ? ` · ${words("selected", { set: editor.selection.size })}` : "";
    this.spoken.textContent = words("at", { set: name, time: clock(editor.playhead), value }) + count;
  }

  /** Something has to be shown anew: all of it in the next frame of the screen. */
  changed(what) {
    this.todo.add(what);
    if (this.request === undefined && !this.disposed && this.pointer !== undefined) {
      this.request = requestAnimationFrame(() => this.frame());
    }
  }

  frame() {
    this.request = undefined;
    const { editor, todo } = this;
    if (editor.playing) this.advance();
    const what = new Set(todo);
    todo.clear();
    if (!this.root.isConnected || !this.well.clientWidth) return;
    if (what.has("all")) this.theme();
    const moved = this.measure();
    const everything = moved || what.has("all") || what.has("rows") || what.has("draw");
    const context = this.bottom.getContext("2d");
    if (what.has("all") || what.has("rows") || moved) this.heads.layout(this.place);
    if (everything) drawAll(context, editor, this.place, this.colours, this.words);
    else if (what.has("edits")) this.drawEdited(context);
    editor.dirty.clear();
    if (what.has("all")) this.showBanner();
    if (everything || (what.has("edits") && !this.pointer.gesture)) {
      this.heads.update();
      this.panel.update();
    } else {
      this.heads.updateValues();
      if (what.has("edits") && editor.selection.size < FEW) this.panel.update();
      else this.panel.updateTime();
    }
    drawMoving(this.top.getContext("2d"), editor, this.place, this.colours, this.pointer);
    this.faceView.draw();
    if (editor.playing) this.changed("playhead");
  }

  drawEdited(context) {
    const { editor } = this;
    editor.rows.forEach((row, index) => {
      if (row.channels.some((channel) => channel.parts.some(([c]) => editor.dirty.has(c)))) drawRow(context, editor, this.place, this.colours, index);
    });
    drawEmotions(context, editor, this.place, this.colours, this.words);
  }

  theme() {
    this.colours = readTheme(this.home);
    applyTheme(this.root, this.colours);
  }

  /** Sizes of the canvases, sharp at the host's zoom. True when anything lies elsewhere than before. */
  measure() {
    const { editor, well } = this;
    const [width, height] = [well.clientWidth, well.clientHeight];
    const zoom = well.getBoundingClientRect().width / well.offsetWidth || 1;
    const ratio = Math.min(Math.max(zoom * (devicePixelRatio || 1), 1), MOST_PIXELS_PER_POINT);
    for (const canvas of [this.bottom, this.top]) {
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width === wide && canvas.height === high) continue;
      canvas.width = wide;
      canvas.height = high;
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
      this.place = null;
    }
    if (editor.scale.width !== width) editor.scale.resize(editor.seconds, width);
    const place = geometry(editor, width, height, this.heads.scroll);
    const same = this.place && JSON.stringify(place) === JSON.stringify(this.place);
    this.place = place;
    return !same;
  }

  setText(text) {
    this.editor.setText(text);
  }

  /** A text typed by the user: it goes to the host as it is, and into the editor when it can be read. */
  takeText(text) {
    this.editor.setText(text);
    this.onText(text);
  }

  setView(saved) {
    Object.assign(this.editor.view, openedView(saved));
    this.editor.layout();
    this.changed("all");
  }

  setSource(source) {
    this.stop();
    this.editor.setSource(source);
    this.sound.load(source.sound);
  }

  setPortrait(payload) {
    this.faceView.setPortrait(payload);
  }

  /** Whether the edits come over a wire, so that nothing can be edited here. */
  setWired(wired) {
    if (this.editor.locked === wired) return;
    this.editor.locked = wired;
    this.changed("all");
  }

  showBanner() {
    const { editor, words } = this;
    this.banner.hidden = !editor.readOnly;
    if (this.banner.hidden) return;
    if (!editor.problem) return this.banner.replaceChildren(words("wired"));
    this.banner.replaceChildren(
      h("b", {}, words("bad_text")),
      h("span", {}, editor.problem),
      button(words("copy_text"), words("copy_text"), () => navigator.clipboard?.writeText(editor.text)),
      button(words("show_text"), words("show_text"), () => this.sheet(words("show_text"), this.textArea())),
      button(words("start_afresh"), words("start_afresh"), () => editor.startAfresh()),
    );
  }

  textArea() {
    const area = h("textarea", { value: this.editor.text, spellcheck: false, "aria-label": this.words("show_text") });
    area.oninput = () => this.takeText(area.value);
    return area;
  }

  togglePlay() {
    if (this.editor.playing) this.stop();
    else this.start();
  }

  start() {
    const { editor } = this;
    const { loop } = editor;
    if (editor.playhead >= editor.lastTime - 1e-6) editor.playhead = 0;
    if (loop && editor.looping && (editor.playhead < loop.from || editor.playhead >= loop.to - 1e-6)) editor.playhead = loop.from;
    editor.playing = true;
    this.sound.play(editor.playhead);
    this.changed("draw");
  }

  stop() {
    if (!this.editor.playing) return;
    this.editor.playing = false;
    this.sound.stop();
    this.changed("draw");
  }

  /** The playhead follows the sound. */
  advance() {
    const { editor } = this;
    const inLoop = editor.looping && editor.loop;
    const end = inLoop ? editor.loop.to : editor.seconds;
    const { time } = this.sound;
    if (time >= end) {
      if (!editor.looping) {
        editor.playhead = editor.lastTime;
        return this.stop();
      }
      editor.playhead = inLoop ? editor.loop.from : 0;
      this.sound.play(editor.playhead);
    } else editor.playhead = Math.min(time, editor.lastTime);
    const { scale } = editor;
    if (editor.playhead > scale.end || editor.playhead < scale.start) {
      scale.start = editor.playhead - 0.05 * (scale.end - scale.start);
      scale.keepInside();
      this.todo.add("draw");
    }
  }

  toggleLoop() {
    this.editor.looping = !this.editor.looping;
    this.changed("draw");
  }

  compare(on) {
    if (this.editor.compare === on) return;
    this.editor.compare = on;
    this.changed("draw");
  }

  mirror() {
    const count = mirror(this.editor);
    this.say(this.words(count ? "mirrored_keys" : "mirrored_all"));
  }

  replace() {
    this.say(this.words(replaceHere(this.editor) ? "replaced" : "choose_row"));
  }

  escape() {
    if (this.closeSheet()) return;
    if (this.editor.selection.size) this.editor.select(new Set());
    else if (this.full) this.toggleFull();
  }

  /** Between its place and the whole window. */
  toggleFull() {
    this.full = !this.full;
    this.root.classList.toggle("full", this.full);
    (this.full ? document.body : this.home).append(this.root);
    this.changed("all");
    this.focus();
  }

  toggleHelp() {
    if (!this.closeSheet()) this.sheet(this.words("help"), helpSheet(this.words));
  }

  sheet(title, content) {
    this.closeSheet();
    const close = button("×", this.words("close"), () => this.closeSheet());
    this.open = h("div", { class: "aue-sheet", role: "dialog", "aria-label": title }, h("header", {}, title, close), content);
    this.root.append(this.open);
    if (content.matches("textarea")) content.focus();
  }

  closeSheet() {
    if (!this.open) return false;
    this.open.remove();
    this.open = null;
    this.focus();
    return true;
  }

  /** Asks for a name in place of the menu's contents. */
  ask(label, then, close) {
    const field = h("input", { type: "text", placeholder: label, "aria-label": label, maxLength: 60 });
    const done = () => {
      const name = field.value.trim();
      close();
      if (name) then(name);
      this.focus();
    };
    field.onkeydown = (event) => {
      if (event.key === "Enter") done();
      if (event.key === "Escape") close();
      event.stopPropagation();
    };
    this.root.querySelector(".aue-menu")?.replaceChildren(field, button("OK", "OK", done, { class: "aue-menu-item" }));
    field.focus();
  }

  say(text, bad = false) {
    this.news.textContent = text;
    this.news.classList.toggle("bad", bad);
    this.news.classList.add("shown");
    clearTimeout(this.newsTimer);
    this.newsTimer = setTimeout(() => this.news.classList.remove("shown"), NEWS);
  }

  copy(event, cut = false) {
    const clip = copied(this.editor);
    if (!clip) return;
    clipboard = clip;
    event.clipboardData?.setData("text/plain", JSON.stringify(clip));
    event.preventDefault();
    event.stopPropagation();
    if (cut) press({ key: "Delete", code: "Delete" }, this.editor, this);
  }

  paste(event) {
    event.preventDefault();
    event.stopPropagation();
    let clip = clipboard;
    try {
      const given = JSON.parse(event.clipboardData?.getData("text/plain") ?? "");
      if (isClip(given)) clip = given;
    } catch {
      // not ours: what was copied here last is pasted
    }
    if (clip && !this.editor.readOnly) paste(this.editor, clip, this.flip);
  }

  async dropped(event) {
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    const { takeFile } = await import("./menus.js");
    takeFile(this.editor, this.words, this, file.name, await file.text());
  }

  /** The time under a pointer over the timeline, or null elsewhere. */
  timeUnder(event) {
    const box = this.well.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    return inside ? this.editor.scale.time(this.pointer.point(event).x) : null;
  }

  dispose() {
    this.disposed = true;
    this.editor.playing = false;
    cancelAnimationFrame(this.request);
    clearTimeout(this.newsTimer);
    this.sizes.disconnect();
    for (const [name, guard] of Object.entries(this.guards)) window.removeEventListener(name, guard, CAUGHT);
    this.sound.dispose();
    this.faceView.dispose();
    this.root.remove();
  }
}

const savedView = ({ open, unlinked, ...view }) => ({ ...view, open: [...open], unlinked: [...unlinked] });

/** What can be used of a saved view: it comes out of a workflow file, so anything may be in it. */
function openedView(saved) {
  const view = {};
  const strings = (list) => (Array.isArray(list) ? new Set(list.filter((each) => typeof each === "string")) : new Set());
  if (typeof saved !== "object" || saved === null) return view;
  view.open = strings(saved.open);
  view.unlinked = strings(saved.unlinked);
  const balances = Object.entries(saved.balance ?? {}).filter(([, value]) => Number.isFinite(value) && Math.abs(value) <= 1);
  view.balance = Object.fromEntries(balances);
  if (Number.isFinite(saved.ease)) view.ease = Math.min(Math.max(saved.ease, 0), 2);
  for (const name of ["snap", "onlyActive"]) if (typeof saved[name] === "boolean") view[name] = saved[name];
  if (Array.isArray(saved.library)) view.library = saved.library.filter(isEntry);
  return view;
}
