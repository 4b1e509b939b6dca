// The controls above the timeline: transport, emotions, tools, and the selected key's numbers.

import { dropEmotion, setEase, setLevel, setTime } from "./actions.js";
import { dragChip } from "./chip_drag.js";
import { button, dragNumber, h, menuButton, pressed, setIcon } from "./controls.js";
import { chosenKey, setChosen } from "./key_numbers.js";
import { keysFor } from "./keyboard.js";
import { fileMenu, gestureMenu } from "./menus.js";
import { measureOf, readout } from "./rows.js";
import { clock } from "./timeline.js";
import { EMOTIONS, INTERPOLATIONS, LEVEL_FACTOR } from "./units.js";

export class Panel {
  constructor(editor, words, widget) {
    Object.assign(this, { editor, words, widget });
    this.time = h("span", { class: "aue-time", role: "timer" });
    this.length = h("span", { class: "aue-length" });
    this.play = button("play", words("play"), () => widget.togglePlay(), { class: "aue-play", keys: keysFor("play") });
    this.loop = button("loop", words("loop"), () => widget.toggleLoop(), { keys: keysFor("loop") });
    this.compare = button("compare", words("compare"), undefined, { keys: keysFor("compare") });
    this.compare.onpointerdown = () => widget.compare(true);
    for (const name of ["onpointerup", "onpointerleave", "onblur"]) this.compare[name] = () => widget.compare(false);
    this.undo = button("undo", words("undo"), () => editor.undo(), { keys: keysFor("undo") });
    this.redo = button("redo", words("redo"), () => editor.redo(), { keys: keysFor("redo") });
    this.snap = button("snap", words("snap"), () => editor.setView({ snap: !editor.view.snap }), { keys: keysFor("snap") });
    this.filter = button("filter", words("only_active"), () => editor.setView({ onlyActive: !editor.view.onlyActive }), { keys: keysFor("only_active") });
    this.full = button("full", words("full"), () => widget.toggleFull(), { keys: keysFor("full") });
    const help = button("help", words("help"), () => widget.toggleHelp(), { keys: keysFor("help") });
    const transport = h(
      "div",
      { class: "aue-bar" },
      button("start", words("ends"), () => editor.setPlayhead(0), { keys: keysFor("ends") }),
      this.play,
      h("span", { class: "aue-clock" }, this.time, this.length),
      this.loop,
      this.compare,
      h("span", { class: "aue-space" }),
      this.undo,
      this.redo,
      this.snap,
      this.filter,
      help,
      this.full,
    );

    this.chips = EMOTIONS.map((emotion, k) => this.chip(emotion, k, widget));
    this.levels = LEVEL_FACTOR.map((_, k) => button("●".repeat(k + 1), words("level_n", { set: k + 1 }), () => setLevel(editor, k + 1)));
    const emotions = h("div", { class: "aue-chips", role: "group", "aria-label": words("row_emotions") }, ...this.chips);

    this.blinks = dragNumber({
      label: words("blinks"),
      title: words("blinks_tip"),
      min: 0,
      max: 4,
      step: 0.1,
      usual: 1,
      format: (number) => `${words("blinks")} ×${number.toFixed(1)}`,
      onInput: (number, gesture) => editor.commit({ ...editor.edits, blinkRate: number }, editor.selection, gesture),
      onEnd: () => editor.flush(),
    });
    this.ease = dragNumber({
      label: words("ease"),
      title: words("ease_tip"),
      min: 0,
      max: 2,
      step: 0.1,
      usual: 0.4,
      format: (number) => `${words("ease")} ${number.toFixed(1)} s`,
      onInput: (number) => editor.setView({ ease: number }),
    });
    const tools = h(
      "div",
      { class: "aue-bar aue-tools" },
      h("span", { class: "aue-levels", role: "group" }, ...this.levels),
      menuButton(widget.root, words("more"), (close) => gestureMenu(editor, words, widget, close)),
      button("mirror", words("mirror"), () => widget.mirror(), { keys: keysFor("mirror") }),
      button("replace", words("replace"), () => widget.replace(), { keys: keysFor("replace") }),
      this.blinks.element,
      this.ease.element,
      h("span", { class: "aue-space" }),
      menuButton(widget.root, words("file"), (close) => fileMenu(editor, words, widget, close)),
    );

    this.keyTime = this.input(words("key_time"), () => 1 / editor.fps, (value) => setTime(editor, editor.snap(value)));
    this.keyValue = this.input(words("key_value"), () => 1, (value) => setChosen(editor, value / measureOf(editor.activeChannel).factor));
    this.keyUnder = h("span", { class: "aue-under" });
    this.keyValue.element.append(this.keyUnder);
    this.eases = INTERPOLATIONS.map((ease) => button(words(ease === "step" ? "step_kind" : ease), words(ease === "step" ? "step_kind" : ease), () => setEase(editor, ease)));
    this.what = h("span", { class: "aue-what" });
    this.inspector = h("div", { class: "aue-bar aue-inspector" }, this.what, this.keyTime.element, this.keyValue.element, h("span", { class: "aue-eases", role: "group" }, ...this.eases));
    this.element = h("div", { class: "aue-panel" }, transport, emotions, tools, this.inspector);
  }

  /** An emotion: a click drops it at the playhead, a drag puts it where it is let go. */
  chip(emotion, k, widget) {
    const chip = button("", this.words(`emotion_${emotion}`), () => dropEmotion(this.editor, k + 1), { class: "aue-chip", keys: String(k + 1) });
    chip.append(h("kbd", {}, String(k + 1)), this.words(`emotion_${emotion}`));
    chip.style.setProperty("--hue", `var(--aue-emotion-${emotion})`);
    chip.addEventListener("pointerdown", () => {
      this.editor.emotion = emotion;
    });
    dragChip(chip, widget, k + 1);
    return chip;
  }

  /** A field for a number. step: how far apart the numbers are that it can become. */
  input(label, step, onValue) {
    const field = h("input", { type: "text", inputMode: "decimal", "aria-label": label });
    field.onchange = () => this.take(field, onValue, step);
    field.onfocus = () => field.select();
    field.onmousedown = (event) => {
      if (field === document.activeElement) return;
      event.preventDefault(); // which would take the selection away
      field.focus();
    };
    field.onkeydown = (event) => {
      if (event.key === "Escape") field.value = field.dataset.shown;
      if (event.key === "Enter" || event.key === "Escape") {
        field.blur();
        this.widget.focus(); // or the next key press would be one for the host's graph
      }
      event.stopPropagation();
    };
    const name = h("span", {}, label);
    return { element: h("label", { class: "aue-field" }, name, field), field, label: name };
  }

  /** Takes the number that was typed into a field, shows its moment, and says so when it cannot be what was typed. */
  take(field, onValue, step) {
    const { editor, widget, words } = this;
    const typed = field.value.trim().replace(",", ".").replace(/\s*[%°s]$/, "");
    const value = typed === "" ? Number.NaN : Number(typed);
    if (Number.isFinite(value)) {
      onValue(value);
      const key = [...editor.selection].find((item) => "value" in item);
      if (key && !editor.playing) editor.setPlayhead(key.time);
    }
    this.update();
    const { shown } = field.dataset;
    field.value = shown;
    if (!Number.isFinite(value)) widget.messages.say(words("no_number", { set: shown }), true);
    else if (Math.abs(value - Number(shown)) > step()) widget.messages.say(words("limit", { set: shown }), true);
  }

  update() {
    const { editor } = this;
    pressed(this.loop, editor.looping);
    pressed(this.compare, editor.compare);
    pressed(this.snap, editor.view.snap);
    pressed(this.filter, editor.view.onlyActive);
    setIcon(this.play, editor.playing ? "pause" : "play");
    this.undo.disabled = !editor.history.past.length;
    this.redo.disabled = !editor.history.future.length;
    this.levels.forEach((level, k) => pressed(level, editor.level === k + 1));
    this.blinks.show(editor.edits.blinkRate);
    this.ease.show(editor.view.ease);
    this.length.textContent = ` / ${clock(editor.seconds)}`;
    const spans = new Set([...editor.selection].filter((item) => "emotion" in item).map(({ emotion }) => emotion));
    EMOTIONS.forEach((emotion, k) => this.chips[k].classList.toggle("chosen", spans.has(emotion)));

    this.updateSelection();
    this.updateTime();
  }

  /** The numbers of what is selected. */
  updateSelection() {
    const { editor, words } = this;
    const keys = [...editor.selection].filter((item) => "value" in item);
    const times = new Set(keys.map(({ time }) => time));
    const chosen = times.size === 1 ? chosenKey(editor) : null;
    const { factor } = measureOf(editor.activeChannel ?? {});
    const count = times.size + editor.selection.size - keys.length;
    this.what.textContent = editor.selection.size ? words("selected", { set: count }) : words("nothing_selected");
    this.show(this.keyTime.field, times.size === 1 ? [...times][0].toFixed(2) : "");
    const sign = chosen && !chosen.replaces && chosen.value > 0 ? "+" : "";
    this.show(this.keyValue.field, chosen ? `${sign}${Math.round(chosen.value * factor) + 0}` : "");
    this.showUnder(chosen);
    this.keyTime.field.disabled = !keys.length;
    this.keyValue.field.disabled = !chosen;
    INTERPOLATIONS.forEach((ease, k) => {
      pressed(this.eases[k], keys.length > 0 && keys.every((key) => key.ease === ease));
      this.eases[k].disabled = !keys.length;
    });
  }

  /** Says what a key's value is added to, or stands in place of. */
  showUnder(chosen) {
    const { editor, words } = this;
    const [label, title] = chosen?.replaces ? ["key_instead", "key_instead_tip"] : ["key_value", "key_value_tip"];
    this.keyValue.label.textContent = words(label);
    this.keyValue.element.title = words(title);
    if (!chosen) return this.keyUnder.replaceChildren();
    const filled = { unit: measureOf(editor.activeChannel).unit.trim(), set: readout(editor.activeChannel, chosen.under) };
    this.keyUnder.textContent = words(chosen.replaces ? "key_in_place" : "key_on_top", filled);
  }

  show(field, text) {
    field.dataset.shown = text;
    if (field !== document.activeElement && field.value !== text) field.value = text;
  }

  updateTime() {
    const text = clock(this.editor.playhead);
    if (this.time.textContent !== text) this.time.textContent = text;
  }
}
