// Presets as columns in time (auhead_models/au/presets.py), with fades of 0.3 s and without loops.

import { Chance } from "./chance.js";
import { clamp, roundEven, sCurve } from "./curve.js";
import { expression } from "./emotions.js";
import { COLUMNS, EMOTION_APEX, HELD_PRESETS, LEVEL_FACTOR } from "./units.js";

const FADE = 0.3;
const TURN = 2 * Math.PI;

/** One blink: 90 ms to close, 40 ms closed, 150 ms to open. */
const blinkAt = (time, start) => sCurve((time - start) / 0.09) * (1 - sCurve((time - start - 0.13) / 0.15));

function wink(side) {
  return (times, seconds, strength) => {
    const pace = Math.min(1, seconds / 0.7);
    const start = (seconds - 0.7 * pace) / 2;
    const pulse = (rise, fall) => (time) =>
      sCurve((time - start) / (rise * pace)) * (1 - sCurve((time - start - 0.4 * pace) / (fall * pace)));
    const face = times.map(pulse(0.2, 0.3));
    const scaled = (factor) => face.map((value) => factor * strength * value);
    return {
      [`eye_closure_${side}`]: times.map(pulse(0.12, 0.22)),
      [`cheek_raise_${side}`]: scaled(0.9),
      [`lip_corner_raise_${side}`]: scaled(0.6),
      [`brow_lower_${side}`]: scaled(0.3),
      roll: scaled(side === "left" ? 0.06 : -0.06),
    };
  };
}

function nod(times, seconds, strength) {
  const count = Math.max(1, roundEven(seconds / 0.7));
  const down = times.map((time) => ((1 - Math.cos((TURN * count * time) / seconds)) / 2) * (1 - (0.5 * time) / seconds));
  return { pitch: down.map((value) => -0.24 * strength * value), y: down.map((value) => 0.02 * strength * value) };
}

function shake(times, seconds, strength) {
  const count = Math.max(1, roundEven(seconds / 0.6));
  const turn = (time) => Math.sin((TURN * count * time) / seconds) * Math.sin((Math.PI * time) / seconds) ** 0.5;
  return { yaw: times.map((time) => 0.26 * strength * turn(time)) };
}

function blink(times, seconds) {
  const lid = times.map((time) => blinkAt(time, Math.max(0, seconds / 2 - 0.14)));
  return { eye_closure_left: lid, eye_closure_right: lid };
}

/** Breath, a slowly drifting head, fixations of the eyes and blinks; draws in the order in which Python does. */
function idle(times, seconds, strength, chance) {
  const drift = (size, pace) => {
    const rates = [0.6, 1.3, 2.2].map((low, k) => pace * chance.uniform(low, [1.2, 2.0, 3.2][k]));
    const waves = rates.map((rate) => [rate * seconds, chance.uniform(0.5, 1), chance.uniform()]);
    const at = (time) =>
      waves.reduce((sum, [cycles, size, phase]) => sum + size * Math.sin(TURN * ((cycles * time) / seconds + phase)), 0);
    return times.map((time) => strength * size * at(time));
  };
  const breath = times.map((time) => strength * Math.sin((TURN * 0.25 * seconds * time) / seconds));
  const columns = { yaw: drift(0.018, 0.14) };
  columns.pitch = drift(0.012, 0.16).map((value, k) => value + 0.006 * breath[k]);
  columns.roll = drift(0.01, 0.11);
  columns.x = drift(0.003, 0.1);
  columns.y = drift(0.002, 0.1).map((value, k) => value - 0.004 * breath[k]);
  columns.inner_brow_raise = drift(0.03, 0.12).map((value) => Math.max(value, 0));
  columns.lip_corner_raise_left = drift(0.025, 0.1).map((value) => Math.max(value, 0));
  columns.lip_corner_raise_right = columns.lip_corner_raise_left;

  columns.gaze_x = times.map(() => 0);
  columns.gaze_y = times.map(() => 0);
  let place = [0, 0];
  let at = chance.uniform(0.6, 1.8);
  while (at < seconds - 0.4) {
    const moves = chance.uniform() < 0.75;
    const target = moves ? [0.14, 0.08].map((size) => clamp(chance.normal(0, size), -0.35, 0.35) * strength) : [0, 0];
    times.forEach((time, k) => {
      const share = sCurve((time - at) / 0.06);
      columns.gaze_x[k] += (target[0] - place[0]) * share;
      columns.gaze_y[k] += (target[1] - place[1]) * share;
    });
    place = target;
    at += chance.uniform(0.7, 2.2);
  }

  const lids = times.map(() => 0);
  at = chance.uniform(0.3, 1.6);
  while (at < seconds - 0.35) {
    times.forEach((time, k) => {
      lids[k] = Math.max(lids[k], blinkAt(time, at));
    });
    at += 0.4 + Math.exp(chance.normal(Math.log(1.9), 0.5));
  }
  columns.eye_closure_left = columns.eye_closure_right = lids;
  return columns;
}

const MOTIONS = { wink_left: wink("left"), wink_right: wink("right"), blink, nod, shake, idle };

/** {columns: id to [frames], frames} of a preset at level 1, 2 or 3; `stream` tells the idle of one edit from another. */
export function preset(name, level, seconds, fps, stream = 0, fade = FADE) {
  const frames = Math.max(1, roundEven(seconds * fps));
  const length = frames / fps;
  const times = Array.from({ length: frames }, (_, frame) => frame / fps);
  const strength = LEVEL_FACTOR[level - 1];
  let columns;
  if (name in EMOTION_APEX) {
    const row = expression(name, level);
    const moved = COLUMNS.filter((column, c) => row[c]);
    columns = Object.fromEntries(moved.map((column) => [column.id, times.map(() => row[COLUMNS.indexOf(column)])]));
  } else if (name in HELD_PRESETS) {
    const held = Object.entries(HELD_PRESETS[name]);
    columns = Object.fromEntries(held.map(([id, apex]) => [id, times.map(() => strength * apex)]));
  } else {
    columns = MOTIONS[name](times, length, strength, new Chance(0, stream));
  }
  const shorten = Math.min(1, length / Math.max(2 * fade, 1e-9));
  const edge = (time) => (fade > 0 ? sCurve(time / (fade * shorten)) : 1);
  const faded = ([id, values]) => {
    const { minimum, maximum } = COLUMNS.find((column) => column.id === id);
    const weighted = values.map((value, k) => clamp(value * edge(times[k]) * edge(times[frames - 1 - k]), minimum, maximum));
    return [id, Float32Array.from(weighted)];
  };
  return { frames, columns: Object.fromEntries(Object.entries(columns).map(faded)) };
}
