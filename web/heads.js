// The names of the rows with their switches, beside the timeline.

import { gainOf, setBalance, setGain, toggleLink, toggleMute, toggleOpen, toggleSolo } from "./row_actions.js";
import { button, dragNumber, h, pressed, setIcon } from "./controls.js";
import { keysFor } from "./keyboard.js";
import { LANES } from "./places.js";
import { EMOTION_ROW } from "./editor.js";
import { readout } from "./rows.js";
import { unitName } from "./strings.js";
import { COLUMNS } from "./units.js";

export class Heads {
  /** onScroll(): the rows were scrolled. */
  constructor(editor, words, onScroll) {
    Object.assign(this, { editor, words });
    this.heads = new Map();
    this.list = h("div", { class: "aue-head-list", role: "presentation" });
    this.scroller = h("div", { class: "aue-head-scroll" }, this.list);
    this.scroller.onscroll = onScroll;
    this.voice = h("div", { class: "aue-lane" }, words("row_sound"));
    this.emotions = h("div", { class: "aue-lane", id: this.idOf(EMOTION_ROW), role: "treeitem", "aria-level": "1" }, words("row_emotions"));
    this.emotions.onclick = () => editor.setActive(EMOTION_ROW);
    this.element = h("div", { class: "aue-heads", role: "tree", "aria-label": words("title") }, h("div", { class: "aue-corner" }), this.voice, this.emotions, this.scroller);
  }

  idOf(row) {
    this.prefix ??= `aue-${Math.random().toString(36).slice(2, 9)}`;
    return `${this.prefix}-${row}`;
  }

  get scroll() {
    return this.scroller.scrollTop;
  }

  name(row) {
    return row.kind === "unit" ? unitName(this.words, COLUMNS[row.columns[0]]) : this.words(`row_${row.id}`);
  }

  /** Build what is missing, put all in place and show their state. */
  layout(place) {
    const { editor } = this;
    const shown = new Set(editor.rows.map((row) => row.id));
    for (const [id, head] of this.heads) {
      if (shown.has(id)) continue;
      head.element.remove();
      this.heads.delete(id);
    }
    editor.rows.forEach((row, index) => {
      if (!this.heads.has(row.id)) this.heads.set(row.id, this.build(row));
      const { element } = this.heads.get(row.id);
      if (this.list.children[index] !== element) this.list.insertBefore(element, this.list.children[index] ?? null);
      element.style.height = `${place.tops[index + 1] - place.tops[index]}px`;
    });
    this.voice.style.height = `${LANES.wave}px`;
    this.emotions.style.height = `${LANES.emotions + place.gestures}px`;
    this.update();
  }

  build(row) {
    const { editor, words } = this;
    const unit = row.kind === "unit";
    const title = unit ? `${COLUMNS[row.columns[0]].name}${COLUMNS[row.columns[0]].facs ? ` (FACS ${COLUMNS[row.columns[0]].facs})` : ""}` : this.name(row);
    const value = h("span", { class: "aue-value" });
    const mute = button("mute", words("mute"), () => toggleMute(editor, row), { keys: keysFor("mute") });
    const gain = dragNumber({
      label: words("gain"),
      title: words("gain_tip"),
      min: 0,
      max: 3,
      step: 0.05,
      usual: 1,
      className: "aue-gain",
      format: (number) => `×${Number(number.toFixed(2))}`,
      onInput: (number, gesture) => setGain(editor, row, number, gesture),
      onEnd: () => editor.flush(),
    });
    const solo = button("solo", words("solo"), () => toggleSolo(editor, row), { keys: keysFor("solo") });
    const name = h("span", { class: "aue-name", title }, this.name(row));
    const parts = { value, mute, gain, solo };
    const element = h("div", { class: `aue-head ${row.kind}`, id: this.idOf(row.id), role: "treeitem", "aria-level": unit ? "2" : "1" });
    element.style.setProperty("--hue", `var(--aue-row-${row.group ?? row.id})`);
    element.onpointerdown = (event) => event.target.closest("button, [role=slider]") || editor.setActive(row.id);
    if (unit) {
      element.append(h("i", { class: "aue-dot" }), name, value, h("span", { class: "aue-switches" }, gain.element, solo, mute));
      return { element, ...parts };
    }
    parts.caret = button("caret", words("open"), () => toggleOpen(editor, row), { class: "aue-caret", keys: keysFor("open") });
    element.ondblclick = (event) => event.target.closest("button, [role=slider]") || toggleOpen(editor, row);
    const switches = h("div", { class: "aue-line" }, h("span", { class: "aue-space" }), gain.element, solo, mute);
    if (row.linkable) {
      parts.link = button("link", words("link"), () => toggleLink(editor, row), { class: "aue-link" });
      parts.balance = dragNumber({
        label: words("balance"),
        min: -1,
        max: 1,
        step: 0.05,
        usual: 0,
        className: "aue-balance",
        format: (number) => (number ? `${Math.round(100 * Math.abs(number))} % ${words(number > 0 ? "left" : "right")}` : words("both")),
        onInput: (number, gesture) => setBalance(editor, row, number, gesture),
        onEnd: () => editor.flush(),
      });
      switches.prepend(parts.link, parts.balance.element);
    } else {
      parts.legend = h("span", { class: "aue-legend" });
      switches.prepend(parts.legend);
    }
    element.append(h("div", { class: "aue-line" }, parts.caret, name, value), switches);
    return { element, ...parts };
  }

  /** The state of the switches. */
  update() {
    const { editor } = this;
    this.emotions.classList.toggle("active", editor.active === EMOTION_ROW);
    for (const row of editor.rows) {
      const head = this.heads.get(row.id);
      if (!head) continue;
      const active = editor.active === row.id;
      head.element.classList.toggle("active", active);
      head.element.setAttribute("aria-selected", String(active));
      const muted = editor.isMuted(row);
      head.element.classList.toggle("quiet", muted || (editor.solo.size > 0 && !editor.heard(row.columns[0])));
      pressed(head.mute, muted);
      pressed(head.solo, editor.solo.has(row.id));
      head.gain.show(gainOf(editor, row));
      if (row.kind === "unit") continue;
      head.element.setAttribute("aria-expanded", String(editor.view.open.has(row.id)));
      if (head.link) {
        const apart = editor.view.unlinked.has(row.id);
        setIcon(head.link, apart ? "unlink" : "link");
        pressed(head.link, !apart);
        head.balance.element.hidden = apart;
        head.balance.show(editor.view.balance[row.id] ?? 0);
      } else if (row.channels.length > 1) {
        head.legend.replaceChildren(...row.channels.map((channel, order) => this.legend(channel, order, active)));
      }
    }
    this.updateValues();
  }

  legend(channel, order, active) {
    const chosen = active && this.editor.channel === order;
    return h("span", { class: `aue-key-${order}${chosen ? " chosen" : ""}` }, this.words(`short_${channel.id}`));
  }

  /** The values at the playhead. */
  updateValues() {
    const { editor } = this;
    const { frame } = editor;
    for (const row of editor.rows) {
      const head = this.heads.get(row.id);
      if (!head) continue;
      const shown = row.channels.length > 2 ? [row.channels[Math.min(editor.channel, 2)]] : row.channels;
      const text = shown.map((channel) => {
        const curve = editor.curve(channel);
        return readout(channel, (editor.compare ? curve.base : curve.edited)[frame]);
      });
      const joined = text.join("  ");
      if (head.shown !== joined) head.value.textContent = head.shown = joined;
    }
  }
}
