// Undo and redo: states are immutable, so a step is a reference. Changes of one gesture become one step.

const MOST = 200;

export class History {
  constructor(state) {
    this.state = state;
    this.past = [];
    this.future = [];
    this.gesture = null;
  }

  /** The next state. Changes with the same gesture (any value but null) that follow each other are undone together. */
  push(state, gesture = null) {
    if (state === this.state) return;
    if (gesture === null || gesture !== this.gesture) {
      this.past.push(this.state);
      if (this.past.length > MOST) this.past.shift();
    }
    this.gesture = gesture;
    this.future = [];
    this.state = state;
  }

  /** Ends a gesture: the next change is a step of its own. */
  seal() {
    this.gesture = null;
  }

  /** Takes back the gesture in progress, for good. */
  abandon() {
    if (this.gesture === null || !this.past.length) return false;
    this.state = this.past.pop();
    this.seal();
    return true;
  }

  undo() {
    return this.step(this.past, this.future);
  }

  redo() {
    return this.step(this.future, this.past);
  }

  step(from, to) {
    this.seal();
    if (!from.length) return false;
    to.push(this.state);
    this.state = from.pop();
    return true;
  }
}
