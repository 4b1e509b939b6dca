// The programs that paint a face. Positions are crop pixels; `view` takes them to the screen. Colours are premultiplied.

const HEAD = "precision highp float;\n";

/** Reads a small picture that stands for a part of the crop: `place` is left, top, right, bottom, `row` where it begins. */
const PATCH = `
uniform sampler2D patches;
uniform vec2 patchesSize;
vec3 patchAt(vec2 p, vec4 place, float row) {
  vec2 inside = clamp(p, place.xy + 0.5, place.zw - 0.5) - place.xy;
  return texture2D(patches, (inside + vec2(0.0, row)) / patchesSize).rgb;
}
`;

/** The portrait's texture on the skin and the rings around it, with folds and light. */
export const SKIN = {
  vertex: `${HEAD}
uniform vec4 view;
uniform float depthScale;
attribute vec3 at;
attribute float bright;
attribute vec2 still;
varying vec2 vStill;
varying float vBright;
void main() {
  gl_Position = vec4(at.xy * view.xy + view.zw, at.z * depthScale, 1.0);
  vStill = still;
  vBright = bright;
}`,
  fragment: (maps) => `${HEAD}
uniform sampler2D portrait;
uniform sampler2D folds;
uniform vec4 depths[${maps}];
uniform vec3 shadowColour;
uniform float foldGain;
uniform float size;
varying vec2 vStill;
varying float vBright;
void main() {
  vec2 place = vStill / size;
  vec4 colour = texture2D(portrait, place);
  float shadow = 0.0;
  vec2 inMap = vec2(clamp(place.x, 0.01, 0.99), place.y);
  for (int map = 0; map < ${maps}; map++) {
    shadow += dot(texture2D(folds, vec2((inMap.x + float(map)) / ${maps}.0, inMap.y)), depths[map]);
  }
  colour.rgb *= (1.0 - shadow / foldGain * shadowColour) * (1.0 + vBright);
  gl_FragColor = vec4(clamp(colour.rgb, 0.0, colour.a), colour.a);
}`,
};

/** A turning eyeball behind still lids; lights that it reflects stay where they are. */
export const EYEBALL = {
  vertex: `${HEAD}
uniform vec4 view;
attribute vec2 at;
attribute vec2 seen;
attribute vec2 opacityLight;
varying vec2 vSeen;
varying vec2 vOpacityLight;
void main() {
  gl_Position = vec4(at * view.xy + view.zw, 0.0, 1.0);
  vSeen = seen;
  vOpacityLight = opacityLight;
}`,
  fragment: `${HEAD}${PATCH}
uniform vec4 place;
uniform vec2 rows;
uniform vec2 centre;
uniform vec2 turn;
uniform float radius;
uniform float strength;
varying vec2 vSeen;
varying vec2 vOpacityLight;
void main() {
  float away = distance(vSeen, centre) / radius;
  float follows = 1.0 - smoothstep(1.15, 2.4, away); // the white near the iris stretches, the corners stay
  vec3 colour = patchAt(vSeen - follows * turn, place, rows.x) * vOpacityLight.y + patchAt(vSeen, place, rows.y);
  float alpha = vOpacityLight.x * strength;
  gl_FragColor = vec4(min(colour, 1.0) * alpha, alpha);
}`,
};

/** A lid that has come down: its edge carried along, new skin above it with the grain of the cheek. */
export const LID = {
  vertex: `${HEAD}
uniform vec4 view;
attribute vec2 at;
attribute vec2 carried;
attribute vec3 skin;
attribute vec3 look;
varying vec2 vAt;
varying vec2 vCarried;
varying vec3 vSkin;
varying vec3 vLook;
void main() {
  gl_Position = vec4(at * view.xy + view.zw, 0.0, 1.0);
  vAt = at;
  vCarried = carried;
  vSkin = skin;
  vLook = look;
}`,
  fragment: `${HEAD}
uniform sampler2D portrait;
uniform float size;
uniform vec2 toCheek;
uniform float strength;
varying vec2 vAt;
varying vec2 vCarried;
varying vec3 vSkin;
varying vec3 vLook; // part of new skin, brightness, opacity
vec3 portraitAt(vec2 p) {
  return texture2D(portrait, p / size).rgb;
}
void main() {
  vec2 cheek = vAt + toCheek;
  vec3 around = portraitAt(cheek + vec2(3.0, 3.0)) + portraitAt(cheek + vec2(-3.0, 3.0))
    + portraitAt(cheek + vec2(3.0, -3.0)) + portraitAt(cheek + vec2(-3.0, -3.0));
  vec3 grain = clamp(portraitAt(cheek) - around / 4.0, -0.06, 0.06);
  vec3 colour = mix(portraitAt(vCarried), vSkin + grain, vLook.x) * vLook.y;
  float alpha = vLook.z * strength;
  gl_FragColor = vec4(clamp(colour, 0.0, 1.0) * alpha, alpha);
}`,
};

/** The inside of the mouth, into a picture of its own; alpha: how far it reaches out of the lips. */
export const INSIDE = {
  vertex: `${HEAD}
uniform vec4 frame; // left, top, width, height in crop pixels
uniform float depthScale;
attribute vec3 at;
attribute vec2 shadeOut;
attribute vec3 colour;
varying vec4 vColour;
void main() {
  gl_Position = vec4((at.xy - frame.xy) / frame.zw * 2.0 - 1.0, at.z * depthScale, 1.0);
  vColour = vec4(colour * shadeOut.x, shadeOut.y);
}`,
  fragment: `${HEAD}
varying vec4 vColour;
void main() {
  gl_FragColor = clamp(vColour, 0.0, 1.0);
}`,
};

/** That picture seen through the opening of the lips, the portrait's own teeth over it. */
export const OPENING = {
  vertex: `${HEAD}
uniform vec4 view;
attribute vec3 at; // x, y, opacity
varying vec3 vAt;
void main() {
  gl_Position = vec4(at.xy * view.xy + view.zw, 0.0, 1.0);
  vAt = at;
}`,
  fragment: `${HEAD}${PATCH}
uniform sampler2D inside;
uniform sampler2D portrait;
uniform float size;
uniform vec4 frame;
uniform float strength;
uniform float throughLips; // 1: what lies between the lips, 0: only what reaches out of them
uniform vec4 place;
uniform vec2 rows;
uniform vec2 own; // how much of the portrait's own upper teeth, and of the rest, shows
uniform mat2 turn;
uniform vec2 from;
uniform vec2 to;
varying vec3 vAt;
void main() {
  vec4 colour = texture2D(inside, (vAt.xy - frame.xy) / frame.zw);
  if (own.x > 0.0) {
    vec2 p = turn * (vAt.xy - from) + to;
    float share = dot(vec2(patchAt(p, place, rows.x).g, patchAt(p, place, rows.y).g), own);
    bvec4 off = bvec4(lessThan(p, place.xy), greaterThan(p, place.zw));
    colour.rgb = mix(colour.rgb, texture2D(portrait, p / size).rgb, any(off) ? 0.0 : min(share, 1.0));
  }
  float alpha = strength * mix(colour.a, max(vAt.z, colour.a), throughLips);
  gl_FragColor = vec4(colour.rgb * alpha, alpha);
}`,
};
