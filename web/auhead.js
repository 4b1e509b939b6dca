// The entry for ComfyUI: every AU Editor node gets an EditorWidget. The node's text widget `edits` stays the truth: the
// editor writes it with every change and follows when something else does (undo of the graph, a loaded workflow).

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { lastMoment } from "./blocks.js";
import { carriedOver, resume } from "./carry_over.js";
import { blankSource } from "./editor.js";
import { isThere, latestTold, Memory, outputKey, workflowName } from "./recall.js";
import { sourceFrom } from "./source.js";
import { EditorWidget } from "./widget.js";

const NODE = "AUHeadEditor";
const PROPERTY = "auhead_editor"; // of the node: rows that are open, own poses
const SIZE = [800, 800];
const LEAST_HEIGHT = 560; // as in style.css
const LOOK = 300; // milliseconds between two looks at the node
const RUNS = 3; // finished runs in which a page that was loaded anew looks for what it showed
const memory = new Memory();

app.registerExtension({
  name: "auhead.editor",
  async setup() {
    const href = new URL("./style.css", import.meta.url).href;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  },
  nodeCreated(node) {
    if (node.comfyClass === NODE) new NodeEditor(node);
  },
});

/** One editor in one node. */
class NodeEditor {
  constructor(node) {
    this.node = node;
    this.name = null; // in the memory
    this.former = null; // the element of the editor that this one follows
    this.edits = node.widgets.find((widget) => widget.name === "edits");
    this.seconds = node.widgets.find((widget) => widget.name === "seconds");
    this.hideText();
    this.element = document.createElement("div");
    this.widget = new EditorWidget(this.element, {
      language: app.extensionManager?.setting?.get?.("Comfy.Locale") ?? "en",
      onText: (text) => this.write(text),
      onView: (view) => {
        node.properties[PROPERTY] = view;
        this.noteChange();
      },
    });
    const options = { serialize: false, hideOnZoom: false, getMinHeight: () => LEAST_HEIGHT, getValue: () => "", setValue: () => {} };
    const shown = node.addDOMWidget("editor", "auhead_editor", this.element, options);
    shown.serialize = false;
    node.setSize([Math.max(node.size[0], SIZE[0]), Math.max(node.size[1], SIZE[1])]);
    this.follow(node, "onExecuted", (told) => this.executed(told));
    this.follow(node, "onRemoved", () => this.removed());
    this.timer = setInterval(() => this.look(), LOOK);
    setTimeout(() => this.recall(), LOOK);
    queueMicrotask(() => this.look());
  }

  /** Calls `also` after a method of the node. */
  follow(node, name, also) {
    const usual = node[name];
    node[name] = function (...given) {
      const result = usual?.apply(this, given);
      also(...given);
      return result;
    };
  }

  /** The text is there for the workflow file; people see the curves. */
  hideText() {
    this.edits.hidden = true;
    this.edits.options.hidden = true;
    this.edits.computeSize = () => [0, -4];
    if (this.edits.element) this.edits.element.hidden = true;
  }

  write(text) {
    this.text = text;
    this.edits.value = text;
    this.edits.callback?.(text);
    this.noteChange();
  }

  /** Tells ComfyUI that the workflow is another one now. */
  noteChange() {
    this.node.graph?.setDirtyCanvas?.(true, true);
    const tracker = app.extensionManager?.workflow?.activeWorkflow?.changeTracker;
    if (tracker?.captureCanvasState) tracker.captureCanvasState();
    else tracker?.checkState?.();
  }

  /** Follows what else has changed in the node: its text, its saved view, its length, an earlier run's results. */
  look() {
    const { node, widget } = this;
    if (widget.disposed) return;
    if (this.name && !isThere(node)) return this.dispose();
    widget.look();
    const view = node.properties?.[PROPERTY];
    if (view && view !== this.view && JSON.stringify(view) !== JSON.stringify(this.view)) widget.setView(view);
    this.view = view;
    if (this.edits.value !== this.text) {
      this.text = String(this.edits.value ?? "");
      widget.setText(this.text);
    }
    const wired = node.inputs?.some((input) => input.widget?.name === "edits" && input.link != null);
    widget.setWired(Boolean(wired));
    this.remember();
    this.moveIn();
    const told = app.nodeOutputs?.[outputKey(node)]?.[PROPERTY];
    if (told && told !== this.told) this.executed({ [PROPERTY]: told });
    this.showLength();
    const seconds = this.told ? this.blank : this.lengthBefore();
    if (seconds === this.blank) return;
    this.blank = seconds;
    widget.setSource(blankSource(seconds));
  }

  /** Goes on as the editor before it, when ComfyUI has built the node anew, and keeps what the next one needs for that. */
  remember() {
    const name = Memory.name(this.node);
    if (name !== this.name) {
      this.name = name;
      const before = memory.of(name);
      this.former = before?.element ?? null;
      const same = before && resume(this.widget.editor, before.carried); // else a template that was opened once more
      if (same && before.told) this.executed({ [PROPERTY]: before.told });
    }
    this.keep();
  }

  keep() {
    const element = this.element.isConnected ? this.element : this.former;
    memory.keep(this.name, { told: this.told, element, carried: carriedOver(this.widget.editor) });
  }

  /** Nodes 2.0 puts an element into its place once, and keeps the place when an undo of the graph builds the node anew. */
  moveIn() {
    const empty = this.former?.isConnected && this.former.aue.disposed;
    if (empty && !this.element.isConnected) this.former.replaceWith(this.element);
  }

  /** After the page was loaded anew: what the latest run of this workflow told, while the server still knows it. */
  async recall() {
    if (this.told || !workflowName(this.node)) return;
    try {
      const runs = Object.values(await (await api.fetchApi(`/history?max_items=${RUNS}`)).json());
      const told = latestTold(runs, this.node, PROPERTY);
      if (told && !this.told && !this.widget.disposed) this.executed(told);
    } catch (error) {
      console.warn("AUHead: what the editor showed before cannot be read.", error);
    }
  }

  /** Whether a performance or a voice says how long it lasts, whatever the node's own seconds are. */
  get lengthGiven() {
    return this.node.inputs?.some(({ name, link }) => (name === "au" || name === "audio") && link != null) ?? false;
  }

  /** The node's own seconds are shown while they count. */
  showLength() {
    const hidden = this.lengthGiven;
    if (!this.seconds || this.seconds.options.hidden === hidden) return;
    this.seconds.hidden = hidden;
    this.seconds.options.hidden = hidden;
    const { widgets } = this.node;
    widgets.push(widgets.pop()); // Nodes 2.0 looks at a widget anew when the list of them changes
    this.node.setDirtyCanvas?.(true, true);
  }

  /** Seconds to show before the first run: the widget's, or as far as the edits of a connected performance reach. */
  lengthBefore() {
    const seconds = Math.min(Math.max(Number(this.seconds?.value) || 4, 0.04), 3600);
    return this.lengthGiven ? Math.max(seconds, Math.ceil(lastMoment(this.widget.editor.edits))) : seconds;
  }

  executed(output) {
    const told = output?.[PROPERTY];
    if (!told || told === this.told) return;
    this.told = told;
    const source = sourceFrom(told[0], (file) => api.apiURL(`/view?${new URLSearchParams(file)}`));
    if (source) this.widget.setSource(source);
    this.widget.setPortrait(told[0].portrait ?? null);
  }

  removed() {
    this.keep();
    this.dispose();
  }

  dispose() {
    clearInterval(this.timer);
    this.widget.dispose();
  }
}
