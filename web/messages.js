// What the editor says and asks over its own picture: a line of news, a banner that stays, a sheet, a name to be typed.

import { button, h } from "./controls.js";
import { showText } from "./menus.js";

const NEWS = 3500; // milliseconds that a line stays

export class Messages {
  constructor(widget) {
    this.widget = widget;
    this.news = h("div", { class: "aue-news", role: "status", "aria-live": "polite" });
    this.banner = h("div", { class: "aue-banner", role: "alert", hidden: true });
    this.open = null; // the sheet
  }

  say(text, bad = false) {
    this.news.textContent = text;
    this.news.classList.toggle("bad", bad);
    this.news.classList.add("shown");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.news.classList.remove("shown"), NEWS);
  }

  /** Why nothing can be edited, while that is so. */
  showBanner() {
    const { editor, words } = this.widget;
    this.banner.hidden = !editor.readOnly;
    if (this.banner.hidden) return;
    if (!editor.problem) return this.banner.replaceChildren(words("wired"));
    this.banner.replaceChildren(
      h("b", {}, words("bad_text")),
      h("span", {}, editor.problem),
      button(words("copy_text"), words("copy_text"), () => navigator.clipboard?.writeText(editor.text)),
      button(words("show_text"), words("show_text"), () => showText(editor, words, this.widget)),
      button(words("start_afresh"), words("start_afresh"), () => editor.startAfresh()),
    );
  }

  sheet(title, content) {
    this.closeSheet();
    const close = button("×", this.widget.words("close"), () => this.closeSheet());
    this.open = h("div", { class: "aue-sheet", role: "dialog", "aria-label": title }, h("header", {}, title, close), content);
    this.widget.root.append(this.open);
    if (content.matches("textarea")) content.focus();
  }

  closeSheet() {
    if (!this.open) return false;
    this.open.remove();
    this.open = null;
    this.widget.focus();
    return true;
  }

  /** Asks for a name in place of the menu's contents. */
  ask(label, then, close) {
    const field = h("input", { type: "text", placeholder: label, "aria-label": label, maxLength: 60 });
    const done = () => {
      const name = field.value.trim();
      close();
      if (name) then(name);
      this.widget.focus();
    };
    field.onkeydown = (event) => {
      if (event.key === "Enter") done();
      if (event.key === "Escape") close();
      event.stopPropagation();
    };
    this.widget.root.querySelector(".aue-menu")?.replaceChildren(field, button("OK", "OK", done, { class: "aue-menu-item" }));
    field.focus();
  }

  dispose() {
    clearTimeout(this.timer);
  }
}
