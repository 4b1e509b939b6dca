// The live face of the AU Editor.
//
//     const face = createFace(canvas);
//     face.resize(width, height);            CSS pixels
//     await face.setPortrait(payload);       what preview_payload made of a portrait; null: the head of nobody
//     face.draw(values);                     Float32Array [40]: 24 units, 10 extras, 6 of pose
//     face.setCloseUp(true);                 the face alone fills the canvas
//     face.handles                           what can be taken hold of, once there is a portrait
//     handle = face.pick(x, y);              what can be taken hold of there, CSS pixels; null: nothing
//     face.highlight(handle);                marks it, null: nothing
//     [x, y] = face.placeOf(handle);         where it is shown
//     face.drag(handle, values, dx, dy);     { id of a column: its new value } after a pull that began at `values`
//     face.dispose();
//
// All faces of a page share one WebGL context, so there may be any number of them. Where there is no WebGL, or while the
// browser has taken it away, the same rig moves a drawn face.

import { loadNeutral, loadTables } from "./face_data.js";
import { createDrag, handlesOf, pickHandle } from "./face_drag.js";
import { drawFace } from "./face_drawn.js";
import { acquireContext } from "./face_gl.js";
import { createPainter } from "./face_painter.js";
import { createRig } from "./face_rig.js";

const FINE = 2; // canvas pixels of a CSS pixel: ComfyUI enlarges its graph without telling
const LARGEST_FINE = 1024; // pixels of a canvas' side that is drawn finer than the screen asks for
const COLUMNS = 40;
const CLOSE_UP = 1.3; // sides of the square around a face, in its heights

/** A face on a canvas. pixelsPerPoint: canvas pixels of a CSS pixel, by default what looks good. */
export function createFace(canvas, { pixelsPerPoint = null } = {}) {
  const paper = canvas.getContext("2d");
  const context = acquireContext({ lost: forgetPainter, restored: redraw });
  const values = new Float32Array(COLUMNS);
  let portrait = null; // what readPortrait gives, and what was made of it since
  let painter = null;
  let request = 0;
  let [closeUp, marked] = [false, null];

  function forgetPainter() {
    painter = null; // its objects went with the context
    redraw();
  }

  function redraw() {
    if (!portrait || canvas.width === 0 || canvas.height === 0) return;
    paper.clearRect(0, 0, canvas.width, canvas.height);
    const view = currentView();
    if (canPaint()) paint(view);
    else drawFace(paper, portrait.tables, portrait.rig.deform(values, portrait.state), view);
    if (marked) mark(view);
  }

  const canPaint = () => context && portrait.pictures && !context.gl.isContextLost();

  /** A square of `side` canvas pixels at left, top shows the crop from its pixel x, y on, `scale` canvas pixels for each. */
  function currentView() {
    const side = Math.min(canvas.width, canvas.height);
    const [x, y, length] = closeUp ? portrait.closeUp : [0, 0, portrait.payload.size];
    const [left, top] = [canvas.width, canvas.height].map((room) => Math.round((room - side) / 2));
    return { side, left, top, x, y, scale: side / length };
  }

  function paint({ side, left, top, x, y, scale }) {
    const { gl, canvas: sheet } = context;
    painter ??= createPainter(gl, portrait.tables, portrait.payload, portrait.rig, portrait.pictures);
    if (sheet.width < side || sheet.height < side) sheet.width = sheet.height = side;
    const zoom = 2 * scale / side;
    portrait.state = painter.paint(values, [0, sheet.height - side, side, side], [zoom, -zoom, -1 - x * zoom, 1 + y * zoom]);
    paper.drawImage(sheet, 0, 0, side, side, left, top, side, side);
  }

  /** Canvas pixels of a handle. */
  function spotOf(handle, { left, top, x, y, scale }) {
    const [handleX, handleY] = portrait.state.points.subarray(3 * handle.anchors[0]);
    return [left + (handleX - x) * scale, top + (handleY - y) * scale];
  }

  function mark(view) {
    const ratio = canvas.width / (canvas.clientWidth || canvas.width);
    paper.save();
    paper.beginPath();
    paper.arc(...spotOf(marked, view), 6 * ratio, 0, 2 * Math.PI);
    for (const [width, colour] of [[3.5, "rgba(0, 0, 0, 0.5)"], [1.5, "#fff"]]) {
      paper.lineWidth = width * ratio;
      paper.strokeStyle = colour;
      paper.stroke();
    }
    paper.restore();
  }

  /** Crop pixels of a CSS pixel of the canvas. */
  const cropPixels = (length) => length * canvas.width / (canvas.clientWidth || canvas.width) / currentView().scale;

  return {
    /** Whether the face can be shown as a picture; else it is drawn. */
    supported: context !== null,

    /** Show another face. A payload of another version, or one that is damaged, gives the head of nobody. */
    async setPortrait(payload) {
      const mine = ++request;
      const next = (await readPortrait(payload)) ?? (await readPortrait(null));
      if (mine !== request || !next) return; // another portrait was set meanwhile, or the face is gone
      painter?.dispose();
      painter = null;
      portrait = next;
      redraw();
    },

    /** Show a moment of the performance. */
    draw(moment) {
      for (let column = 0; column < COLUMNS; column++) values[column] = Number.isFinite(moment[column]) ? moment[column] : 0;
      redraw();
    },

    resize(width, height) {
      const screen = Math.min(globalThis.devicePixelRatio || 1, FINE);
      const finer = Math.min(FINE, LARGEST_FINE / Math.max(width, height, 1));
      const ratio = pixelsPerPoint ?? Math.max(screen, finer);
      const [wide, high] = [width, height].map((length) => Math.max(Math.round(length * ratio), 0));
      if (canvas.width === wide && canvas.height === high) return;
      canvas.width = wide;
      canvas.height = high;
      redraw();
    },

    /** Show the face alone, or all of the crop. */
    setCloseUp(chosen) {
      closeUp = chosen;
      redraw();
    },

    get handles() {
      return portrait ? handlesOf(portrait.tables) : [];
    },

    /** The handle at a place of the canvas (CSS pixels from its corner): { id, name, … }, or null. */
    pick(x, y) {
      if (!portrait) return null;
      const view = currentView();
      const cropX = view.x + cropPixels(x) - view.left / view.scale;
      const cropY = view.y + cropPixels(y) - view.top / view.scale;
      return pickHandle(portrait.tables, portrait.state.points, cropX, cropY);
    },

    /** Where a handle is shown, CSS pixels from the canvas' corner. */
    placeOf(handle) {
      const ratio = canvas.width / (canvas.clientWidth || canvas.width);
      return spotOf(handle, currentView()).map((pixels) => pixels / ratio);
    },

    /** Mark a handle. */
    highlight(handle) {
      if (marked?.id === handle?.id) return;
      marked = handle;
      redraw();
    },

    /** What a pull of a handle by dx, dy CSS pixels changes, from values [40] when it began: { column: new value }. */
    drag(handle, from, dx, dy) {
      if (!portrait) return {};
      portrait.drag ??= createDrag(portrait.tables, portrait.payload, portrait.rig);
      return portrait.drag(handle, from, cropPixels(dx), cropPixels(dy));
    },

    dispose() {
      request++;
      painter?.dispose();
      painter = portrait = null;
      context?.release();
    },
  };
}

/** What is needed to show a payload, or null when it is none that this version understands. */
async function readPortrait(payload) {
  try {
    const tables = await loadTables();
    const chosen = payload ?? (await loadNeutral());
    if (chosen.version !== tables.version) return null;
    const rig = createRig(tables, chosen);
    const [crop, patches] = await Promise.all([chosen.crop, chosen.patches].map((url) => url && readPicture(url)));
    const state = rig.deform(new Float32Array(COLUMNS), rig.newState());
    const closeUp = closeUpOf(tables, state.points);
    return { tables, payload: chosen, rig, pictures: crop && { crop, patches }, state, closeUp };
  } catch (error) {
    console.warn("AUHead: the portrait's preview cannot be shown.", error);
    return null;
  }
}

/** The square around a face at rest: left, top, side in crop pixels. */
function closeUpOf(tables, points) {
  const [[left, right], [top, bottom]] = [0, 1].map((axis) => {
    const places = tables.oval.map((point) => points[3 * point + axis]);
    return [Math.min(...places), Math.max(...places)];
  });
  const side = CLOSE_UP * (bottom - top);
  return [(left + right - side) / 2, (top + bottom - side) / 2, side];
}

async function readPicture(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}
