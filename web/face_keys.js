// The face by keyboard: Tab reaches its handles, the arrow keys pull at them.

import { h } from "./controls.js";

const STEP = 0.003; // of the picture
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A button that nobody sees for each handle of a FaceView's face. A key that is held is one pull, undone as one. */
export const handleButtons = (view) => view.face.handles.map((handle) => handleButton(view, handle));

function handleButton(view, handle) {
  const { words } = view;
  const side = handle.side ? `, ${words(handle.side)}` : "";
  const button = h("button", { type: "button", class: "aue-handle", "aria-label": `${words(`grip_${handle.part}`)}${side}: ${words("pull_keys")}` });
  let pull = null;
  let [x, y] = [0, 0];
  const end = () => {
    view.end(pull);
    pull = null;
  };
  button.onfocus = () => view.show(handle, view.sideOf(handle, false));
  button.onblur = () => {
    end();
    if (!view.pull) view.show(null); // else the pointer has taken hold of a handle
  };
  button.onkeydown = (event) => {
    const way = WAYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey || view.editor.readOnly) return;
    event.preventDefault();
    event.stopPropagation();
    if (!pull) {
      pull = view.begin(handle);
      [x, y] = [0, 0];
    }
    const step = STEP * view.canvas.clientHeight;
    [x, y] = [x + step * way[0], y + step * way[1]];
    pull(x, y, event.shiftKey); // nothing once it was given up, until the key is let go
  };
  button.onkeyup = (event) => event.key in WAYS && end();
  return button;
}
