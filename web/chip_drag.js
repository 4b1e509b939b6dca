// An emotion's chip that is dragged onto the timeline: the lane shows on the way what will lie there. Escape lets it go.

import { withEmotion } from "./actions.js";
import { clock } from "./timeline.js";

const FAR = 8; // pixels before a press becomes a drag

/** Makes a chip one that drags emotion number 1..8. */
export function dragChip(chip, widget, number) {
  const { editor } = widget;
  let drag = null;
  const going = () => drag?.far && widget.pointer.carried === drag;
  chip.onpointerdown = (event) => {
    if (event.button || editor.readOnly) return;
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
    if (drag?.far) chip.addEventListener("click", (click) => click.stopImmediatePropagation(), { once: true, capture: true });
    if (going() && drag.plan) editor.commit(drag.plan.edits, drag.plan.selection);
    chip.onpointercancel();
  };
  chip.onpointercancel = () => {
    if (going()) widget.pointer.carry(null);
    drag = null;
    chip.style.cursor = "";
  };
}
