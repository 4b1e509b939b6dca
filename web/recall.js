// What was shown in a node before: where ComfyUI keeps what runs told about it, also inside subgraphs, and what editors keep
// for those that follow them, because ComfyUI builds its nodes anew when another workflow's tab is opened.

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

/** Whether a node is in its workflow. ComfyUI does not tell those inside of subgraphs that they are no more. */
export function isThere(node) {
  const { id, graph } = node;
  if (graph?.getNodeById(id) !== node) return false;
  return isRoot(graph) || graph.rootGraph.subgraphs.get(graph.id) === graph;
}

/** What the editors of the nodes of the page showed last, the newest of them. */
export class Memory {
  constructor(most = 12) {
    this.most = most;
    this.kept = new Map();
  }

  /** The name of a node here, or null when it is in no workflow that can be told from others. */
  static name(node) {
    const workflow = node.graph && workflowName(node);
    return workflow ? `${workflow} ${outputKey(node)}` : null;
  }

  keep(name, shown) {
    if (name === null) return;
    this.kept.delete(name);
    this.kept.set(name, shown);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value);
  }

  of(name) {
    return this.kept.get(name) ?? null;
  }
}
