// Where ComfyUI keeps what runs told about a node, also of one inside subgraphs.

/** The key of a node's latest output in the page: its id, inside a subgraph with the name of the subgraph before it. */
export const outputKey = ({ id, graph }) => (isRoot(graph) ? String(id) : `${graph.id}:${id}`);

const isRoot = (graph) => (graph?.rootGraph ?? graph) === graph;

/** The names under which a run tells about a node: its id after those of the subgraph nodes around it, "12:5". */
export function runNames({ id, graph }) {
  const within = (place, seen) =>
    (place.nodes ?? []).flatMap((node) => {
      if (!node.subgraph || seen.includes(node.subgraph)) return [];
      const here = node.subgraph === graph ? [`${node.id}:${id}`] : [];
      return [...here, ...within(node.subgraph, [...seen, node.subgraph]).map((name) => `${node.id}:${name}`)];
    });
  return isRoot(graph) ? [String(id)] : within(graph.rootGraph, []);
}

/** The workflow's own name, or null for one that was never named: any other would be taken for it. */
export function workflowName({ graph }) {
  const name = (graph?.rootGraph ?? graph)?.id;
  return /[1-9a-f]/.test(name ?? "") ? name : null;
}

/** What the latest of these runs (the server's history, oldest first) told about a node of this class under `field`. */
export function latestTold(runs, node, field) {
  const workflow = workflowName(node);
  if (!workflow) return null;
  const names = runNames(node);
  for (const { prompt, outputs } of [...runs].reverse()) {
    if (prompt?.[3]?.extra_pnginfo?.workflow?.id !== workflow) continue;
    const name = names.findLast((each) => prompt[2]?.[each]?.class_type === node.comfyClass && outputs?.[each]?.[field]);
    if (name) return outputs[name];
  }
  return null;
}
