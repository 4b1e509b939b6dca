// What of an editor is saved with the workflow though it is no edit: open rows, balance, own poses and moves.

import { isEntry } from "./files.js";

export const firstView = () => ({
  open: new Set(),
  unlinked: new Set(),
  balance: {},
  ease: 0.4,
  snap: true,
  onlyActive: false,
  library: [],
});

/** A view as JSON can hold it. */
export const savedView = ({ open, unlinked, ...view }) => ({ ...view, open: [...open], unlinked: [...unlinked] });

/** What can be used of a saved view: it comes out of a workflow file, so anything may be in it. */
export function openedView(saved) {
  const view = {};
  const strings = (list) => (Array.isArray(list) ? new Set(list.filter((each) => typeof each === "string")) : new Set());
  if (typeof saved !== "object" || saved === null) return view;
  view.open = strings(saved.open);
  view.unlinked = strings(saved.unlinked);
  const balances = Object.entries(saved.balance ?? {}).filter(([, value]) => Number.isFinite(value) && Math.abs(value) <= 1);
  view.balance = Object.fromEntries(balances);
  if (Number.isFinite(saved.ease)) view.ease = Math.min(Math.max(saved.ease, 0), 2);
  for (const name of ["snap", "onlyActive"]) if (typeof saved[name] === "boolean") view[name] = saved[name];
  if (Array.isArray(saved.library)) view.library = saved.library.filter(isEntry);
  return view;
}
