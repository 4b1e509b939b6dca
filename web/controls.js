// Small parts of the editor's surface: elements, icon buttons, numbers to drag, menus.

import { clamp } from "./curve.js";

/** An element: h("button", {class: "a", onclick}, "text", child). aria-… and data-… are attributes, the rest properties. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const PATHS = {
  play: "M5 3.5v11l9-5.5z",
  pause: "M5 3.5h3v11H5zM10.5 3.5h3v11h-3z",
  start: "M4 4h2v10H4zM14 4v10L7 9z",
  loop: "M5 6h6.5L9.8 4.3l1-1L14.2 6.7l-3.4 3.4-1-1L11.5 7.4H6v2.2H4.6V7.4A1.4 1.4 0 0 1 5 6zM13 12H6.5l1.7 1.7-1 1-3.4-3.4 3.4-3.4 1 1-1.7 1.7H12V8.4h1.4v2.2A1.4 1.4 0 0 1 13 12z",
  undo: "M7 4 3 7.5 7 11V8.6h4a2.6 2.6 0 0 1 0 5.2H8v1.4h3a4 4 0 0 0 0-8H7z",
  redo: "M11 4l4 3.5L11 11V8.6H7a2.6 2.6 0 0 0 0 5.2h3v1.4H7a4 4 0 0 1 0-8h4z",
  compare: "M8 3v12H3V3zm-1.2 1.2H4.2v9.6h2.6zM10 3h5v12h-5z",
  snap: "M4 3h3v6a2 2 0 0 0 4 0V3h3v6a5 5 0 0 1-10 0zm1.2 1.2v2h.6v-2zm7 0v2h.6v-2z",
  filter: "M3 4h12l-4.6 5.4V14l-2.8-1.5V9.4z",
  full: "M3 3h5v1.5H4.5V8H3zM10 3h5v5h-1.5V4.5H10zM3 10h1.5v3.5H8V15H3zM13.5 10H15v5h-5v-1.5h3.5z",
  help: "M9 2.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.3a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 9 3.8zm-.7 7.3h1.4v1.4H8.3zM9 5.2c1.5 0 2.5.9 2.5 2.2 0 1.6-1.8 1.7-1.8 2.9H8.3c0-2 1.8-2 1.8-2.9 0-.5-.4-.9-1.1-.9s-1.1.4-1.2 1.1H6.4C6.5 6 7.5 5.2 9 5.2z",
  mirror: "M8.4 3h1.2v12H8.4zM7 5v8H2.5zM11 5v8h4.5zm1.3 4.6v2h1z",
  replace: "M3 4h2v10H3zM13 4h2v10h-2zM6.2 10.5 8 7.4l1.8 2.4 1-1.4 1 2.1z",
  link: "M7.2 5.5H5.7a3.5 3.5 0 0 0 0 7h1.5v-1.4H5.7a2.1 2.1 0 0 1 0-4.2h1.5zM10.8 5.5h1.5a3.5 3.5 0 0 1 0 7h-1.5v-1.4h1.5a2.1 2.1 0 0 0 0-4.2h-1.5zM6.3 8.3h5.4v1.4H6.3z",
  unlink: "M7.2 5.5H5.7a3.5 3.5 0 0 0 0 7h1.5v-1.4H5.7a2.1 2.1 0 0 1 0-4.2h1.5zM10.8 5.5h1.5a3.5 3.5 0 0 1 0 7h-1.5v-1.4h1.5a2.1 2.1 0 0 0 0-4.2h-1.5z",
  near: "M3 7V3h4v1.4H4.4V7zM11 3h4v4h-1.4V4.4H11zM3 11h1.4v2.6H7V15H3zM13.6 11H15v4h-4v-1.4h2.6zM9 6.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
  solo: "M9 2.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 9 2.8zm0 1.4a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zM9 6.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8z",
  mute: "M9 2.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 9 2.8zM5.1 6.1A4.8 4.8 0 0 0 11.9 12.9zM12.9 11.9A4.8 4.8 0 0 0 6.1 5.1z",
  caret: "M6.5 4.5 11 9l-4.5 4.5z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 18 18");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

/** A button with an icon or words. keys: of the keyboard, "Ctrl + Z", that do the same. */
export function button(content, label, onclick, { keys, ...properties } = {}) {
  const face = content in PATHS ? icon(content) : content;
  const element = h("button", { type: "button", title: keys ? `${label} (${keys})` : label, "aria-label": label, onclick, ...properties }, face);
  if (keys) element.setAttribute("aria-keyshortcuts", keys.replaceAll(" + ", "+").replace("Ctrl", "Control"));
  return element;
}

export const pressed = (element, on) => element.setAttribute("aria-pressed", String(Boolean(on)));

/** Two elements' icons change places. */
export function setIcon(element, name) {
  if (element.dataset.icon === name) return;
  element.dataset.icon = name;
  element.replaceChildren(icon(name));
}

/**
 * A number that is dragged sideways, changed with the arrow keys and reset by a double click.
 * onInput(value, gesture): gesture is one object for a whole drag. onEnd(): the drag is over.
 */
export function dragNumber({ label, title, min, max, step, usual, format, onInput, onEnd = () => {}, className = "" }) {
  const element = h("span", { class: `aue-number ${className}`, role: "slider", tabIndex: 0, title: title ?? label, "aria-label": label });
  element.setAttribute("aria-valuemin", min);
  element.setAttribute("aria-valuemax", max);
  let value = usual;
  const show = (next) => {
    if (next === value && element.textContent) return;
    value = next;
    element.textContent = format(value);
    element.setAttribute("aria-valuenow", value);
    element.setAttribute("aria-valuetext", format(value));
    element.style.setProperty("--share", (value - min) / (max - min));
    element.classList.toggle("changed", Math.abs(value - usual) > 1e-9);
  };
  const to = (next, gesture) => {
    const stepped = clamp(Math.round(next / step) * step, min, max);
    show(Math.round(stepped * 1e6) / 1e6);
    onInput(value, gesture);
  };
  let drag = null;
  element.onpointerdown = (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, value, gesture: Symbol("number") };
    event.preventDefault();
    element.focus({ preventScroll: true });
  };
  element.onpointermove = (event) => {
    if (!drag) return;
    const zoom = element.getBoundingClientRect().width / element.offsetWidth || 1;
    const pixels = (event.clientX - drag.x) / zoom;
    if (drag.moved || Math.abs(pixels) > 2) {
      drag.moved = true;
      to(drag.value + (pixels * (max - min)) / 160, drag.gesture);
    }
  };
  element.onpointerup = element.onpointercancel = element.onlostpointercapture = () => {
    if (drag?.moved) onEnd();
    drag = null;
  };
  element.ondblclick = () => {
    to(usual, null);
    onEnd();
  };
  element.onkeydown = (event) => {
    const by = { ArrowUp: step, ArrowRight: step, ArrowDown: -step, ArrowLeft: -step, PageUp: 10 * step, PageDown: -10 * step }[event.key];
    if (by === undefined && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    event.stopPropagation();
    to(event.key === "Home" ? min : event.key === "End" ? max : value + by, null);
    onEnd();
  };
  show(usual);
  return { element, show };
}

/** A button that opens a menu; fill(close) gives the menu's elements each time. */
export function menuButton(root, words, fill, properties = {}) {
  let menu = null;
  const opener = h("button", { type: "button", class: "aue-menu-button", "aria-haspopup": "menu", "aria-expanded": "false", ...properties }, words);
  const close = () => {
    const focused = menu?.contains(document.activeElement);
    menu?.remove();
    menu = null;
    if (focused) opener.focus({ preventScroll: true }); // or the next key press would be one for the host's graph
    opener.setAttribute("aria-expanded", "false");
    window.removeEventListener("pointerdown", outside, true);
  };
  const outside = (event) => {
    if (!menu?.contains(event.target) && !opener.contains(event.target)) close();
  };
  opener.onclick = () => {
    if (menu) return close();
    menu = h("div", { class: "aue-menu", role: "menu" }, ...fill(close));
    root.append(menu);
    const [zoom, box, area] = [root.getBoundingClientRect().width / root.offsetWidth || 1, opener.getBoundingClientRect(), root.getBoundingClientRect()];
    const left = Math.min((box.left - area.left) / zoom, root.offsetWidth - menu.offsetWidth - 6);
    const above = (box.top - Math.max(area.top, 0)) / zoom;
    const below = (Math.min(area.bottom, innerHeight) - box.bottom) / zoom;
    const upward = menu.offsetHeight + 8 > below && above > below;
    menu.style.left = `${Math.max(left, 6)}px`;
    if (upward) menu.style.bottom = `${(area.bottom - box.top) / zoom + 3}px`;
    else menu.style.top = `${(box.bottom - area.top) / zoom + 3}px`;
    menu.style.maxHeight = `${Math.max((upward ? above : below) - 8, 120)}px`;
    opener.setAttribute("aria-expanded", "true");
    window.addEventListener("pointerdown", outside, true);
    menu.onkeydown = (event) => {
      if (event.key === "Escape") close();
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const items = [...menu.querySelectorAll("button, [role=slider], input")];
        const next = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
        items[(next + items.length) % items.length]?.focus();
      } else {
        if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) event.stopPropagation(); // no command while a menu is open
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    };
    menu.querySelector("button")?.focus({ preventScroll: true });
  };
  return opener;
}

export const menuTitle = (words) => h("div", { class: "aue-menu-title" }, words);
export const menuItem = (words, onclick, properties = {}) => h("button", { type: "button", role: "menuitem", class: "aue-menu-item", onclick, ...properties }, words);

/** Gives the browser a file to save. */
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
