// The live face of the AU Editor.
//
//     const face = createFace(canvas);
//     face.resize(width, height);            CSS pixels
//     await face.setPortrait(payload);       what preview_payload made of a portrait; null: the head of nobody
//     face.draw(values);                     Float32Array [40]: 24 units, 10 extras, 6 of pose
//     face.dispose();
//
// All faces of a page share one WebGL context, so there may be any number of them. Where there is no WebGL, or while the
// browser has taken it away, the same rig moves a drawn face.

import { loadNeutral, loadTables } from "./face_data.js";
import { drawFace } from "./face_drawn.js";
import { acquireContext } from "./face_gl.js";
import { createPainter } from "./face_painter.js";
import { createRig } from "./face_rig.js";

const MOST_PIXELS_PER_POINT = 2;
const COLUMNS = 40;

export function createFace(canvas) {
    const paper = canvas.getContext("2d");
    const context = acquireContext({ lost: forgetPainter, restored: redraw });
    const values = new Float32Array(COLUMNS);
    let portrait = null; // { tables, payload, rig, pictures, state }
    let painter = null;
    let request = 0;

    function forgetPainter() {
        painter = null; // its objects went with the context
        redraw();
    }

    function redraw() {
        if (!portrait || canvas.width === 0 || canvas.height === 0) return;
        paper.clearRect(0, 0, canvas.width, canvas.height);
        const side = Math.min(canvas.width, canvas.height);
        const [left, top] = [(canvas.width - side) / 2, (canvas.height - side) / 2];
        if (canPaint()) paint(side, left, top);
        else drawFace(paper, portrait.tables, portrait.rig.deform(values, portrait.state), [left, top, side / portrait.payload.size]);
    }

    const canPaint = () => context && portrait.pictures && !context.gl.isContextLost();

    function paint(side, left, top) {
        const { gl, canvas: sheet } = context;
        painter ??= createPainter(gl, portrait.tables, portrait.payload, portrait.rig, portrait.pictures);
        if (sheet.width < side || sheet.height < side) sheet.width = sheet.height = Math.ceil(side);
        const scale = 2 / portrait.payload.size;
        portrait.state = painter.paint(values, [0, sheet.height - side, side, side], [scale, -scale, -1, 1]);
        paper.drawImage(sheet, 0, 0, side, side, left, top, side, side);
    }

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
            values.set(moment);
            redraw();
        },

        resize(width, height) {
            const ratio = Math.min(globalThis.devicePixelRatio || 1, MOST_PIXELS_PER_POINT);
            const [wide, high] = [width, height].map((length) => Math.max(Math.round(length * ratio), 0));
            if (canvas.width === wide && canvas.height === high) return;
            canvas.width = wide;
            canvas.height = high;
            redraw();
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
    const tables = await loadTables();
    const chosen = payload ?? (await loadNeutral());
    if (chosen.version !== tables.version) return null;
    try {
        const rig = createRig(tables, chosen);
        const [crop, patches] = await Promise.all([chosen.crop, chosen.patches].map((url) => url && readPicture(url)));
        return { tables, payload: chosen, rig, pictures: crop && { crop, patches }, state: rig.newState() };
    } catch (error) {
        console.warn("AUHead: the portrait's preview cannot be shown.", error);
        return null;
    }
}

async function readPicture(url) {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    return picture;
}
