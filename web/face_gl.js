// The little of WebGL that the preview needs, and the one context that all previews of a page share: browsers allow only
// about sixteen, and a page may hold many editors.

let shared = null; // { canvas, gl, users, listeners }

/**
 * The page's context, or null where there is no WebGL. `lost` and `restored` are called when the browser takes the
 * context away and gives it back. Call `release` when done.
 */
export function acquireContext({ lost, restored }) {
  shared ??= openContext();
  if (!shared) return null;
  const context = shared;
  const listener = { lost, restored };
  context.listeners.add(listener);
  return {
    canvas: context.canvas,
    gl: context.gl,
    release() {
      context.listeners.delete(listener);
      if (context.listeners.size > 0 || shared !== context) return;
      shared = null;
      context.gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function openContext() {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl", { antialias: true, alpha: true, premultipliedAlpha: true, depth: true });
  if (!gl) return null;
  const listeners = new Set();
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault(); // asks for it back
    for (const listener of listeners) listener.lost();
  });
  canvas.addEventListener("webglcontextrestored", () => {
    for (const listener of listeners) listener.restored();
  });
  return { canvas, gl, listeners };
}

/** A program with its attributes and uniforms by name. */
export function buildProgram(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`a program of the face preview does not link: ${gl.getProgramInfoLog(program)}`);
  }
  const names = (count, get, find) => Object.fromEntries(Array.from({ length: count }, (_, index) => {
    const name = get(index).name.replace("[0]", "");
    return [name, find(name)];
  }));
  return {
    program,
    attributes: names(gl.getProgramParameter(program, gl.ACTIVE_ATTRIBUTES) ?? 0,
      (index) => gl.getActiveAttrib(program, index), (name) => gl.getAttribLocation(program, name)),
    uniforms: names(gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0,
      (index) => gl.getActiveUniform(program, index), (name) => gl.getUniformLocation(program, name)),
  };
}

/** A buffer with data that stays (triangles when `target` is ELEMENT_ARRAY_BUFFER). */
export function buildBuffer(gl, data, target = gl.ARRAY_BUFFER) {
  const buffer = gl.createBuffer();
  gl.bindBuffer(target, buffer);
  gl.bufferData(target, data, gl.STATIC_DRAW);
  return buffer;
}

/** Say where a program's attributes lie: layout [[name, count] …] one after another in vertices of a buffer. */
export function bindVertices(gl, { attributes }, buffer, layout) {
  const stride = 4 * layout.reduce((sum, [, count]) => sum + count, 0);
  let offset = 0;
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  for (const [name, count] of layout) {
    gl.enableVertexAttribArray(attributes[name]);
    gl.vertexAttribPointer(attributes[name], count, gl.FLOAT, false, stride, offset);
    offset += 4 * count;
  }
}

/** A texture of a picture, smooth at any size where its sides are powers of two. */
export function buildTexture(gl, picture, premultiply = true) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, premultiply);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  const bytes = [gl.RGBA, gl.UNSIGNED_BYTE];
  if (!picture.data) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, ...bytes, picture);
  else gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, picture.width, picture.height, 0, ...bytes, picture.data);
  const even = [picture.width, picture.height].every((side) => (side & (side - 1)) === 0);
  if (even) gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, even ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** A square picture of `side` pixels (a power of two) to draw into, with depth: { frame, texture, depth }. */
export function buildTarget(gl, side) {
  const texture = buildTexture(gl, { data: new Uint8Array(4 * side * side), width: side, height: side }, false);
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const depth = gl.createRenderbuffer();
  gl.bindRenderbuffer(gl.RENDERBUFFER, depth);
  gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT16, side, side);
  gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, depth);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  return { frame, texture, depth, side };
}
