// An emotion's chip that is dragged onto the timeline: the lane shows on the way what will lie there. Escape lets it go.

import { withEmotion } from "./actions.js";
import { clock } from "./timeline.js";

const FAR = 8; // pixels before a press becomes a drag

/** Makes a chip one that drags emotion number 1..8. */
export function dragChip(chip, widget, number) {
  const { editor } = widget;
  let drag = null;
  let dragged = false; // so that the click at its end drops no second one
  const going = () => drag?.far && widget.pointer.carried === drag;
  chip.onpointerdown = (event) => {
    if (event.button || editor.readOnly) return;
    dragged = false;
    drag = { x: event.clientX, y: event.clientY, far: false, plan: null };
    chip.setPointerCapture(event.pointerId);
  };
  chip.onpointermove = (event) => {
    if (drag && !drag.far && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > FAR) {
      drag.far = true;
      widget.pointer.carry(drag);
    }
    if (!going()) return;
    const time = widget.timeUnder(event);
    drag.plan = time === null ? null : withEmotion(editor, number, time);
    const [block] = drag.plan?.selection ?? [];
    const note = block ? `${clock(block.start)} – ${clock(block.end ?? editor.seconds)}` : null;
    widget.pointer.carry(drag, note && { ...widget.pointer.point(event), text: note });
    chip.style.cursor = drag.plan ? "copy" : "grabbing";
  };
  chip.onpointerup = () => {
    dragged = drag?.far ?? false;
    if (going() && drag.plan) editor.commit(drag.plan.edits, drag.plan.selection);
    chip.onpointercancel();
  };
  chip.addEventListener("click", (event) => dragged && event.detail && event.stopImmediatePropagation(), true);
  chip.onpointercancel = () => {
    if (going()) widget.pointer.carry(null);
    drag = null;
    chip.style.cursor = "";
  };
}
