// The editor without a host: what a test or a developer needs is on `window`.

import { blankSource } from "../../web/editor.js";
import { EditorWidget } from "../../web/widget.js";

const query = new URLSearchParams(location.search);

window.saved = JSON.parse(sessionStorage.getItem("saved") ?? '{"text":"","view":null}');
const store = () => sessionStorage.setItem("saved", JSON.stringify(window.saved));

window.make = (home, saved = window.saved) => {
  const widget = new EditorWidget(home, {
    language: query.get("language") ?? "en",
    onText: (text) => {
      saved.text = text;
      store();
    },
    onView: (view) => {
      saved.view = view;
      store();
    },
  });
  widget.setView(saved.view);
  widget.setText(saved.text);
  return widget;
};

/** A performance of so many seconds: syllables, blinks, a slowly turning head, two emotions; a sound of peaks. */
window.speech = (seconds, fps = 25) => {
  const frames = Math.round(seconds * fps);
  const column = (value) => Float32Array.from({ length: frames }, (_, frame) => value(frame / fps));
  const blink = (t) => Math.max(0, 1 - Math.abs((t % 3.1) - 1.5) / 0.12);
  const syllable = (t) => Math.max(0, Math.sin(t * 17) * Math.sin(t * 2.3)) ** 1.5;
  const smile = (t) => (t % 6 < 3 ? 0.5 * Math.sin(((t % 6) / 3) * Math.PI) : 0);
  const columns = {
    jaw_open: column((t) => 0.6 * syllable(t)),
    lip_pucker: column((t) => Math.max(0, 0.4 * Math.sin(t * 5 + 1))),
    lip_corner_stretch_left: column((t) => Math.max(0, 0.3 * Math.sin(t * 4))),
    lip_corner_stretch_right: column((t) => Math.max(0, 0.3 * Math.sin(t * 4))),
    lip_corner_raise_left: column((t) => smile(t)),
    lip_corner_raise_right: column((t) => 0.9 * smile(t)),
    eye_closure_left: column(blink),
    eye_closure_right: column(blink),
    brow_raise_left: column((t) => Math.max(0, 0.3 * Math.sin(t * 1.3))),
    brow_raise_right: column((t) => Math.max(0, 0.3 * Math.sin(t * 1.3))),
    gaze_x: column((t) => 0.2 * Math.sign(Math.sin(t * 1.7))),
    yaw: column((t) => 0.1 * Math.sin(t * 0.9)),
    pitch: column((t) => 0.05 * Math.sin(t * 2.1)),
    roll: column((t) => 0.04 * Math.sin(t * 0.7)),
  };
  const rate = 100;
  const values = Float32Array.from({ length: seconds * rate }, (_, k) => syllable(k / rate) * (0.7 + 0.3 * Math.sin(k * 7)));
  const spans = [
    { start: 0, end: 3, emotion: "happy", level: 2 },
    { start: 3, end: seconds, emotion: "neutral", level: 2 },
  ];
  return { fps, frames, columns, spans, peaks: { rate, values }, sound: null };
};
window.blankSource = blankSource;
window.widget = window.make(document.getElementById("home"));
if (query.has("seconds")) window.widget.setSource(window.speech(Number(query.get("seconds"))));
