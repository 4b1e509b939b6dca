import assert from "node:assert/strict";
import test from "node:test";

import { latestTold, outputKey, runNames, workflowName } from "../../web/recall.js";

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
