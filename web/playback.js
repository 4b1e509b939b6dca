// Playing: the playhead follows the sound, once or around the loop. One editor of the page plays at a time.

let playing = null; // the playback that does

export class Playback {
  constructor(editor, sound) {
    Object.assign(this, { editor, sound });
  }

  toggle() {
    if (this.editor.playing) this.stop();
    else this.start();
  }

  start() {
    const { editor } = this;
    if (playing !== this) playing?.stop();
    playing = this;
    const { loop } = editor;
    if (editor.playhead >= editor.lastTime - 1e-6) editor.playhead = 0;
    const outside = loop && (editor.playhead < loop.from || editor.playhead >= loop.to - 1e-6);
    if (outside && editor.looping) editor.playhead = loop.from;
    editor.playing = true;
    this.sound.play(editor.playhead);
    editor.onChange("draw");
  }

  stop() {
    if (!this.editor.playing) return;
    playing = null;
    this.editor.playing = false;
    this.sound.stop();
    this.editor.onChange("draw");
  }

  toggleLoop() {
    this.editor.looping = !this.editor.looping;
    this.editor.onChange("draw");
  }

  /** Brings the playhead to what is heard now, and the view to the playhead. */
  advance() {
    const { editor, sound } = this;
    if (!editor.playing) return;
    const loop = editor.looping ? (editor.loop ?? { from: 0, to: editor.seconds }) : null;
    const { time } = sound;
    if (loop && time >= loop.to) {
      editor.playhead = loop.from;
      sound.play(loop.from);
    } else if (time >= editor.seconds) {
      editor.playhead = editor.lastTime;
      return this.stop();
    } else editor.playhead = Math.min(time, editor.lastTime);
    const { scale } = editor;
    if (editor.playhead <= scale.end && editor.playhead >= scale.start) return;
    scale.start = editor.playhead - 0.05 * (scale.end - scale.start);
    scale.keepInside();
    editor.onChange("draw");
  }
}
