import assert from "node:assert/strict";
import test from "node:test";

import { isThere, latestTold, Memory, outputKey, runNames, workflowName } from "../../web/recall.js";

/** A workflow: an editor 5 in the subgraph "inner", which stands as 8 in "outer", which stands in the root as 12 and 13. */
function workflow(id = "a1") {
  const root = { id };
  const [inner, outer] = [{ id: "inner", rootGraph: root }, { id: "outer", rootGraph: root }];
  outer.nodes = [{ id: 5 }, { id: 8, subgraph: inner }];
  inner.nodes = [{ id: 5 }];
  root.nodes = [{ id: 5 }, { id: 12, subgraph: outer }, { id: 13, subgraph: outer }];
  const node = (graph) => ({ id: 5, graph, comfyClass: "Editor" });
  return { atRoot: node(root), inside: node(inner), halfway: node(outer) };
}

const run = (id, told) => ({
  prompt: [0, "", Object.fromEntries(Object.keys(told).map((name) => [name, { class_type: "Editor" }])), { extra_pnginfo: { workflow: { id } } }],
  outputs: Object.fromEntries(Object.entries(told).map(([name, text]) => [name, { editor: [text] }])),
});

test("a node inside subgraphs has a name for each place where it runs", () => {
  const { atRoot, inside, halfway } = workflow();
  assert.deepEqual(runNames(atRoot), ["5"]);
  assert.deepEqual(runNames(halfway), ["12:5", "13:5"]);
  assert.deepEqual(runNames(inside), ["12:8:5", "13:8:5"]);
  assert.deepEqual([outputKey(atRoot), outputKey(inside)], ["5", "inner:5"]);
});

test("each editor of a workflow gets back what its own latest run told", () => {
  const { atRoot, inside, halfway } = workflow();
  const runs = [run("a1", { 5: "old", "12:8:5": "inside" }), run("a1", { 5: "root" }), run("b2", { 5: "other", "12:5": "other" })];
  assert.deepEqual(latestTold(runs, atRoot, "editor"), { editor: ["root"] });
  assert.deepEqual(latestTold(runs, inside, "editor"), { editor: ["inside"] });
  assert.equal(latestTold(runs, halfway, "editor"), null);
  assert.equal(latestTold([{}, { prompt: [] }, { prompt: null }], atRoot, "editor"), null);
});

test("a workflow without a name of its own remembers nothing", () => {
  for (const id of ["", null, "00000000-0000-0000-0000-000000000000"]) {
    const { inside } = workflow(id);
    assert.equal(workflowName(inside), null);
    assert.equal(latestTold([run(id, { "12:8:5": "x" })], inside, "editor"), null);
  }
});

test("a subgraph that holds itself does not hang", () => {
  const { inside } = workflow();
  inside.graph.nodes.push({ id: 9, subgraph: inside.graph });
  assert.ok(runNames(inside).includes("12:8:5"));
});

test("an editor finds what the one before it showed, of its own node and no other", () => {
  const memory = new Memory();
  const [{ atRoot, inside }, other] = [workflow("a1"), workflow("b2")];
  memory.keep(Memory.name(atRoot), "root");
  memory.keep(Memory.name(inside), "inside");
  assert.equal(memory.of(Memory.name(workflow("a1").atRoot)), "root");
  assert.equal(memory.of(Memory.name(workflow("a1").inside)), "inside");
  assert.equal(memory.of(Memory.name(other.atRoot)), null);
  assert.equal(Memory.name({ id: -1, graph: null }), null);
  memory.keep(null, "of no workflow");
  assert.equal(memory.of(null), null);
});

test("what was shown long ago makes room", () => {
  const memory = new Memory(2);
  for (const name of ["a", "b", "a", "c"]) memory.keep(name, name);
  assert.deepEqual(["a", "b", "c"].map((name) => memory.of(name)), ["a", null, "c"]);
});

test("a node of a subgraph that is no more is not there", () => {
  const { inside } = workflow();
  const { graph } = inside;
  graph.rootGraph.subgraphs = new Map([["inner", graph]]);
  graph.getNodeById = () => inside;
  assert.ok(isThere(inside));
  graph.rootGraph.subgraphs.clear();
  assert.ok(!isThere(inside));
  assert.ok(!isThere({ id: 5, graph: null }));
});
