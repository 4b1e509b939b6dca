// The voice beneath the performance: decoded once, played from any moment, in step with the playhead.

const RATE = 24000; // Hz, the most that a run sends; decoded for the loudspeaker it would take twice the memory
let shared = null; // one AudioContext for all editors: browsers allow few

export class Sound {
  constructor() {
    this.buffer = null;
    this.source = null;
    this.request = 0;
  }

  /** Fetch and decode the sound behind an address; null is silence. Resolves to whether there is sound now. */
  async load(address) {
    const mine = ++this.request;
    this.stop();
    this.buffer = null;
    if (!address) return false;
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      const data = await answer.arrayBuffer();
      const buffer = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(data);
      if (mine === this.request) this.buffer = buffer;
    } catch (error) {
      console.warn("AUHead: the sound of the editor cannot be played.", error);
    }
    return this.buffer !== null;
  }

  /** Begin at a time, in seconds. The clock runs even without sound. */
  play(from) {
    this.stop();
    shared ??= new AudioContext();
    if (shared.state === "suspended") shared.resume();
    this.startedAt = performance.now() / 1000;
    this.from = from;
    if (!this.buffer || from >= this.buffer.duration) return;
    this.source = shared.createBufferSource();
    this.source.buffer = this.buffer;
    this.source.connect(shared.destination);
    this.source.start(0, Math.max(from, 0));
    this.clockAt = shared.currentTime;
  }

  /** The time that is heard now. */
  get time() {
    const runs = this.source && shared.state === "running";
    if (runs && shared.currentTime > this.clockAt) {
      const late = Math.min(shared.outputLatency || 0, 0.3);
      return this.from + Math.max(shared.currentTime - this.clockAt - late, 0);
    }
    return this.from + performance.now() / 1000 - this.startedAt;
  }

  stop() {
    this.source?.stop();
    this.source?.disconnect();
    this.source = null;
  }

  dispose() {
    this.request++;
    this.stop();
    this.buffer = null;
  }
}
