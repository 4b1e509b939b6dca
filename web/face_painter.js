// Paints one portrait with WebGL, in this order: the still picture, the rings and the skin, eyeballs, lids, the inside of
// the mouth seen between the lips. The geometry comes from the rig and its parts; here are buffers, textures and state.

import { BALL_VALUES, LID_VALUES, createEyeball, createLid } from "./face_eyes.js";
import { FOLD_GAIN, FOLD_MAPS, FOLD_SIZE, foldDepths, foldMaps } from "./face_folds.js";
import { bindVertices, buildBuffer, buildProgram, buildTarget, buildTexture } from "./face_gl.js";
import { unpackIndices } from "./face_data.js";
import { gridTriangles, project } from "./face_maths.js";
import { HOLE_VALUES, MOUTH_VALUES, createMouth } from "./face_mouth.js";
import { MESH_POINTS, POINTS } from "./face_rig.js";
import { EYEBALL, INSIDE, LID, OPENING, SKIN } from "./face_shaders.js";
import { createShading, createSurround } from "./face_surround.js";

const INSIDE_SIDE = 256; // pixels of the picture of the mouth
const SKIN_VALUES = 4; // of a vertex: x, y, depth, brightness
const [PORTRAIT, PATCHES, FOLDS, MOUTH] = [0, 1, 2, 3]; // texture units

/**
 * @param gl a WebGL context; several painters may share it
 * @param pictures { crop, patches } as images; patches may be null
 */
export function createPainter(gl, tables, payload, rig, pictures) {
  const size = payload.size;
  const depthScale = 1 / (40 * payload.pose.scale); // ± 40 cm fit between the near and the far plane
  const neutral = project(payload.pose, rig.neutral, new Float32Array(3 * POINTS), POINTS);
  const surround = createSurround(tables, payload);
  const shading = createShading(tables, rig.neutral);
  const depthsOf = foldDepths(tables, rig.column);
  const mouth = createMouth(tables, payload, rig);
  const eyeballs = tables.eyes.flatMap((eye, index) =>
    (payload.eyes[index].ball ? [{ ...createEyeball(tables, payload, eye, neutral), painted: payload.eyes[index] }] : []));
  const lids = tables.eyes.map((_, index) => ({ ...createLid(tables, payload, index, neutral), painted: payload.eyes[index] }));

  const garbage = []; // what `dispose` deletes: [kind, object]
  const keep = (kind, object) => (garbage.push([kind, object]), object);
  const program = ({ vertex, fragment }) => {
    const built = buildProgram(gl, vertex, fragment);
    keep("Program", built.program);
    return built;
  };
  const texture = (...args) => keep("Texture", buildTexture(gl, ...args));
  const buffer = (...args) => keep("Buffer", buildBuffer(gl, ...args));
  const indices = (triangles) => ({ buffer: buffer(triangles, gl.ELEMENT_ARRAY_BUFFER), count: triangles.length });

  const programs = {
    skin: program({ vertex: SKIN.vertex, fragment: SKIN.fragment(FOLD_MAPS) }),
    eyeball: program(EYEBALL),
    lid: program(LID),
    inside: program(INSIDE),
    opening: program(OPENING),
  };
  const portrait = texture(pictures.crop);
  const patches = pictures.patches && texture(pictures.patches);
  const maps = foldMaps(tables, neutral, payload.pose.scale, size);
  const folds = texture({ data: maps, width: FOLD_MAPS * FOLD_SIZE, height: FOLD_SIZE }, false);
  const target = buildTarget(gl, INSIDE_SIDE);
  keep("Texture", target.texture);
  keep("Framebuffer", target.frame);
  keep("Renderbuffer", target.depth);

  const points = MESH_POINTS + surround.count;
  const skinVertices = new Float32Array(SKIN_VALUES * points);
  const [ringPlaces, expressed] = [new Float32Array(3 * surround.count), new Float32Array(3 * POINTS)];
  const [pull, bright] = [new Float32Array(2 * MESH_POINTS), new Float32Array(MESH_POINTS)];
  const [depths, noFolds] = [new Float32Array(4 * FOLD_MAPS), new Float32Array(4 * FOLD_MAPS)];
  const still = buffer(stillPlaces(neutral, surround));
  const ringIndices = indices(surround.triangles);
  const skinIndices = indices(skinTriangles(tables));
  const backdrop = buffer(new Float32Array([0, 0, 0, 0, size, 0, 0, 0, 0, size, 0, 0, size, size, 0, 0]));
  const backdropStill = buffer(new Float32Array([0, 0, size, 0, 0, size, size, size]));
  const mouthVertices = new Float32Array(MOUTH_VALUES * mouth.count);
  const mouthColours = buffer(mouth.colours);
  const mouthIndices = indices(mouth.triangles);
  const strips = { ball: strip(eyeballs[0], BALL_VALUES), lid: strip(lids[0], LID_VALUES), hole: strip(mouth, HOLE_VALUES) };
  const moving = keep("Buffer", gl.createBuffer()); // rewritten for each piece
  const states = { face: rig.newState(), awake: rig.newState() };

  function strip(grid, values) {
    if (!grid) return null; // both eyes are shut
    const { rows, columns } = grid;
    return { vertices: new Float32Array(values * rows * columns), indices: indices(gridTriangles(rows, columns)) };
  }

  function use(chosen, uniforms) {
    gl.useProgram(chosen.program);
    for (const [name, value] of Object.entries(uniforms)) setUniform(gl, chosen.uniforms[name], name, value);
  }

  function upload(data) {
    gl.bindBuffer(gl.ARRAY_BUFFER, moving);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STREAM_DRAW);
    return moving;
  }

  function drawTriangles(list) {
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, list.buffer);
    gl.drawElements(gl.TRIANGLES, list.count, gl.UNSIGNED_SHORT, 0);
  }

  function bindTextures() {
    [portrait, patches, folds, target.texture].forEach((bound, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, bound);
    });
  }

  function placeSkin({ points: places, mesh, pose }) {
    project(pose, rig.neutral, expressed, MESH_POINTS);
    for (let point = 0; point < MESH_POINTS; point++) {
      for (let axis = 0; axis < 2; axis++) pull[2 * point + axis] = places[3 * point + axis] - expressed[3 * point + axis];
    }
    surround.place(pose, pull, ringPlaces);
    shading(mesh, bright);
    for (let point = 0; point < points; point++) {
      const ring = point - MESH_POINTS;
      for (let axis = 0; axis < 3; axis++) {
        skinVertices[SKIN_VALUES * point + axis] = ring < 0 ? places[3 * point + axis] : ringPlaces[3 * ring + axis];
      }
      skinVertices[SKIN_VALUES * point + 3] = ring < 0 ? bright[point] : 0;
    }
  }

  function paintSkin(view, face) {
    placeSkin(face);
    depthsOf(face.change, face.extra, depths);
    const layout = [["at", 3], ["bright", 1]];
    gl.disable(gl.BLEND); // the picture may be see-through; what moves replaces what was there
    gl.disable(gl.DEPTH_TEST);
    use(programs.skin, { view, depthScale, size, portrait: PORTRAIT, folds: FOLDS, depths: noFolds,
      shadowColour: payload.shadow, foldGain: FOLD_GAIN });
    bindVertices(gl, programs.skin, backdrop, layout);
    bindVertices(gl, programs.skin, backdropStill, [["still", 2]]);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    use(programs.skin, { depths });
    bindVertices(gl, programs.skin, upload(skinVertices), layout);
    bindVertices(gl, programs.skin, still, [["still", 2]]);
    drawTriangles(ringIndices);
    gl.enable(gl.DEPTH_TEST);
    drawTriangles(skinIndices);
    gl.disable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  function paintEyeball(view, eyeball, awake) {
    const { vertices, indices: list } = strips.ball;
    const { strength, centre, turn } = eyeball.fill(awake, vertices);
    if (strength === 0) return;
    const { ball, highlights, radius } = eyeball.painted;
    use(programs.eyeball, { view, patches: PATCHES, patchesSize: sides(pictures.patches), place: ball.place,
      rows: [ball.row, highlights.row], centre, turn, radius, strength });
    bindVertices(gl, programs.eyeball, upload(vertices), [["at", 2], ["seen", 2], ["opacityLight", 2]]);
    drawTriangles(list);
  }

  function paintLid(view, lid, { face, awake }) {
    const { vertices, indices: list } = strips.lid;
    const strength = lid.fill(face, awake, vertices);
    if (strength === 0) return;
    use(programs.lid, { view, portrait: PORTRAIT, size, toCheek: lid.painted.to_cheek, strength });
    bindVertices(gl, programs.lid, upload(vertices), [["at", 2], ["carried", 2], ["skin", 3], ["look", 3]]);
    drawTriangles(list);
  }

  function paintInside(frame, face) {
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.frame);
    gl.viewport(0, 0, target.side, target.side);
    const dark = payload.mouth.tone.map((part, channel) => part * [0.1, 0.04, 0.04][channel]);
    gl.clearColor(...dark, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.disable(gl.BLEND);
    gl.enable(gl.DEPTH_TEST);
    mouth.fill(face, mouthVertices);
    use(programs.inside, { frame, depthScale });
    bindVertices(gl, programs.inside, upload(mouthVertices), [["at", 3], ["shadeOut", 2]]);
    bindVertices(gl, programs.inside, mouthColours, [["colour", 3]]);
    gl.activeTexture(gl.TEXTURE0 + MOUTH);
    gl.bindTexture(gl.TEXTURE_2D, null); // it must not be read while it is written
    drawTriangles(mouthIndices);
    gl.disable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.bindTexture(gl.TEXTURE_2D, target.texture);
    gl.generateMipmap(gl.TEXTURE_2D);
  }

  function paintMouth(view, viewport, face) {
    const { vertices, indices: list } = strips.hole;
    const { window: frame, strength, rest } = mouth.fillHole(face, vertices);
    if (strength === 0) return;
    paintInside(frame, face);
    gl.viewport(...viewport);
    const own = payload.mouth.own;
    const { open } = payload.mouth;
    use(programs.opening, { view, inside: MOUTH, portrait: PORTRAIT, patches: PATCHES, size, frame, strength, throughLips: 1,
      patchesSize: sides(pictures.patches), place: own ? own[0].place : [0, 0, 1, 1],
      rows: own ? own.map((part) => part.row) : [0, 0],
      own: own ? [open, open * rest] : [0, 0], ...mouth.ownTeethMap(face.pose) });
    bindVertices(gl, programs.opening, upload(vertices), [["at", 3]]);
    drawTriangles(list);
    if (face.extra[rig.column.tongue_out - face.change.length] > 0) paintTongue(frame);
  }

  /** What reaches out of the lips, over them. */
  function paintTongue([left, top, width, height]) {
    const [right, bottom] = [left + width, top + height];
    use(programs.opening, { throughLips: 0, own: [0, 0] });
    const corners = new Float32Array([left, top, 0, right, top, 0, left, bottom, 0, right, bottom, 0]);
    bindVertices(gl, programs.opening, upload(corners), [["at", 3]]);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  return {
    /** Paint values [40] into a viewport [x, y, width, height] of the context's canvas; view: scale and shift to -1..1. */
    paint(values, viewport, view) {
      const face = rig.deform(values, states.face);
      const awake = rig.awake(values, face, states.awake);
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.viewport(...viewport);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.depthFunc(gl.LEQUAL);
      bindTextures();
      paintSkin(view, { ...awake, change: face.change });
      for (const eyeball of eyeballs) paintEyeball(view, eyeball, awake);
      for (const lid of lids) paintLid(view, lid, states);
      paintMouth(view, viewport, face);
      return face;
    },
    dispose() {
      for (const [kind, object] of garbage) gl[`delete${kind}`](object);
    },
  };
}

const sides = (picture) => (picture ? [picture.width, picture.height] : [1, 1]);

function setUniform(gl, location, name, value) {
  if (location === undefined) return;
  if (["portrait", "patches", "folds", "inside"].includes(name)) gl.uniform1i(location, value);
  else if (typeof value === "number") gl.uniform1f(location, value);
  else if (name === "depths") gl.uniform4fv(location, value);
  else if (name === "turn" && value.length === 4) gl.uniformMatrix2fv(location, false, value);
  else gl[`uniform${value.length}fv`](location, value);
}

/** Where the portrait shows each point of face and rings, [N x 2]. */
function stillPlaces(neutral, surround) {
  const places = new Float32Array(2 * (MESH_POINTS + surround.count));
  for (let point = 0; point < MESH_POINTS; point++) places.set(neutral.subarray(3 * point, 3 * point + 2), 2 * point);
  for (let ring = 0; ring < surround.count; ring++) {
    places.set(surround.still.subarray(3 * ring, 3 * ring + 2), 2 * (MESH_POINTS + ring));
  }
  return places;
}

/** Triangles of the face, the openings of mouth and eyes closed, so that nothing shows through. */
function skinTriangles(tables) {
  const openings = [[tables.upper_lip[3], tables.lower_lip[3]]];
  for (const eye of tables.eyes) openings.push([[eye.outer, ...eye.upper, eye.inner], [eye.outer, ...eye.lower, eye.inner]]);
  const strips = openings.flatMap((rows) => {
    const flat = rows.flat();
    return Array.from(gridTriangles(2, rows[0].length), (corner) => flat[corner]);
  });
  return Uint16Array.from([...unpackIndices(tables.triangles), ...strips]);
}
