// The editor on the page: puts the parts together, draws once a frame what has changed, plays, opens the full window.
//
//     const widget = new EditorWidget(element, { language, onText, onView });
//     widget.setText(text); widget.setView(saved); widget.setSource(source); widget.setPortrait(payload); widget.dispose();

import { mirror, replaceHere } from "./actions.js";
import { h } from "./controls.js";
import { drawAll, drawEdited } from "./draw.js";
import { drawMoving } from "./draw_moving.js";
import { Editor } from "./editor.js";
import { FaceView } from "./face_view.js";
import { Heads } from "./heads.js";
import { Input } from "./input.js";
import { helpSheet } from "./menus.js";
import { Messages } from "./messages.js";
import { Panel } from "./panel.js";
import { geometry } from "./places.js";
import { Pointer } from "./pointer.js";
import { Playback } from "./playback.js";
import { Sound } from "./sound.js";
import { wordsIn } from "./strings.js";
import { applyTheme, readTheme } from "./theme.js";
import { Transfer } from "./transfer.js";
import { openedView, savedView } from "./view.js";

const MOST_PIXELS_PER_POINT = 3;
const FEW = 60; // selected keys whose numbers are shown while they are dragged

export class EditorWidget {
  constructor(home, { language = "en", onText = () => {}, onView = () => {} } = {}) {
    this.home = home;
    home.aue = this;
    this.words = wordsIn(language);
    this.onText = onText;
    this.todo = new Set();
    this.drawn = { waiting: new Set() }; // see drawEdited
    this.editor = new Editor({ onText, onView: (view) => onView(savedView(view)), onChange: (what) => this.changed(what) });
    this.sound = new Sound();
    this.playback = new Playback(this.editor, this.sound);
    this.build();
    this.pointer = new Pointer(this.editor, this.top, () => this.place, () => this.changed("playhead"));
    this.input = new Input(this, new Transfer(this));
    this.sizes = new ResizeObserver(() => this.changed("all"));
    this.sizes.observe(this.well);
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
    this.faceView = new FaceView(editor, words, { taken: () => this.playback.stop(), grabbed: () => this.focus() });
    this.messages = new Messages(this);
    this.spoken = h("div", { class: "aue-spoken", role: "status", "aria-live": "polite" });
    this.timeline = h("div", { class: "aue-timeline" }, this.heads.element, this.well);
    this.root.append(this.sink, this.faceView.element, this.panel.element, this.timeline, this.messages.banner, this.messages.news, this.spoken);
    this.home.classList.add("aue-home");
    this.home.append(this.root);
  }

  /** The keyboard belongs to a hidden text field: hosts leave Ctrl+Z and letters alone while one has the focus. */
  focus() {
    if (!this.root.contains(document.activeElement) || !document.activeElement.matches("input, textarea")) {
      this.sink.focus({ preventScroll: true });
    }
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
    this.playback.advance();
    const what = new Set(todo);
    todo.clear();
    if (!this.root.isConnected || !this.well.clientWidth) return this.playback.stop(); // nobody could stop it
    if (what.has("all")) this.theme();
    const moved = this.measure();
    const everything = moved || what.has("all") || what.has("rows") || what.has("draw");
    const context = this.bottom.getContext("2d");
    if (what.has("all") || what.has("rows") || moved) this.heads.layout(this.place);
    if (everything) {
      drawAll(context, editor, this.place, this.colours, this.words);
      this.drawn.waiting.clear();
    } else if (what.has("edits") || this.drawn.waiting.size) {
      drawEdited(context, editor, this.place, this.colours, this.words, this.drawn);
      if (this.drawn.waiting.size) this.changed("waiting");
    }
    editor.dirty.clear();
    if (what.has("all")) this.messages.showBanner();
    if (everything || (what.has("edits") && !this.pointer.gesture)) {
      this.heads.update();
      this.panel.update();
    } else {
      this.heads.updateValues();
      if (what.has("edits") && editor.selection.size < FEW) this.panel.updateSelection();
      this.panel.updateTime();
    }
    drawMoving(this.top.getContext("2d"), editor, this.place, this.colours, this.pointer, this.words);
    this.faceView.draw();
    if (editor.playing) this.changed("playhead");
  }

  theme() {
    this.colours = readTheme(this.home);
    applyTheme(this.root, this.colours);
  }

  /** How large the host shows a CSS pixel. */
  get zoom() {
    return this.well.getBoundingClientRect().width / this.well.offsetWidth || 1;
  }

  /** Sizes of the canvases, sharp at the host's zoom. True when anything lies elsewhere than before. */
  measure() {
    const { editor, well } = this;
    const [width, height] = [well.clientWidth, well.clientHeight];
    const ratio = Math.min(Math.max(this.zoom * (devicePixelRatio || 1), 1), MOST_PIXELS_PER_POINT);
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

  /** Draws anew where the host has come closer or has other colours: it tells neither. */
  look() {
    const surroundings = `${this.zoom} ${getComputedStyle(this.home).getPropertyValue("--comfy-menu-bg")}`;
    if (surroundings !== this.surroundings && this.root.isConnected) this.changed("all");
    this.surroundings = surroundings;
  }

  setText(text) {
    this.editor.setText(text);
  }

  /** A text typed by the user: it goes to the host as it is, and into the editor when it can be read. */
  takeText(text) {
    this.editor.setText(text, true);
    this.onText(text);
  }

  setView(saved) {
    Object.assign(this.editor.view, openedView(saved));
    this.editor.layout();
    this.changed("all");
  }

  setSource(source) {
    const before = this.editor.source;
    const same = ["sound", "fps", "frames"].every((name) => source[name] === before[name]);
    if (!same) this.playback.stop();
    this.editor.setSource(source);
    if (!same || !this.sound.buffer) this.sound.load(source.sound);
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

  togglePlay() {
    this.playback.toggle();
  }

  toggleLoop() {
    this.playback.toggleLoop();
  }

  compare(on) {
    if (this.editor.compare === on) return;
    this.editor.compare = on;
    this.changed("draw");
  }

  mirror() {
    const count = mirror(this.editor);
    this.messages.say(this.words(count ? "mirrored_keys" : "mirrored_all"));
  }

  replace() {
    this.messages.say(this.words(replaceHere(this.editor) ? "replaced" : "choose_row"));
  }

  escape() {
    if (this.pointer.cancel() || this.faceView.cancel() || this.messages.closeSheet()) return;
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
    if (!this.messages.closeSheet()) this.messages.sheet(this.words("help"), helpSheet(this.words));
  }

  /** The time under a pointer over the timeline, or null elsewhere. */
  timeUnder(event) {
    const box = this.well.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    return inside ? Math.min(this.editor.scale.time(this.pointer.point(event).x), this.editor.lastTime) : null;
  }

  dispose() {
    this.disposed = true;
    this.playback.stop();
    cancelAnimationFrame(this.request);
    this.messages.dispose();
    this.sizes.disconnect();
    this.input.dispose();
    this.sound.dispose();
    this.faceView.dispose();
    this.root.remove();
  }
}
