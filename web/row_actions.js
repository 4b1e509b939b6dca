// What the user does with whole rows, as functions of an editor: mute, solo, gain, left and right, open.

import { limited } from "./actions.js";
import { mapKeys, tidy } from "./keys.js";
import { sideShare } from "./rows.js";
import { COLUMNS } from "./units.js";

/** Mutes or unmutes the columns of a row. */
export function toggleMute(editor, row) {
  const ids = row.columns.map((c) => COLUMNS[c].id);
  const regions = editor.edits.mutes.filter((name) => !COLUMNS.some((column) => column.id === name));
  const silent = new Set(editor.edits.mutes);
  for (const column of COLUMNS) if (regions.some((name) => name === "all" || name === column.region)) silent.add(column.id);
  regions.forEach((name) => silent.delete(name));
  if (editor.isMuted(row)) ids.forEach((id) => silent.delete(id));
  else ids.forEach((id) => silent.add(id));
  editor.commit({ ...editor.edits, mutes: [...silent] });
}

export function toggleSolo(editor, row) {
  if (!editor.solo.delete(row.id)) editor.solo.add(row.id);
  editor.onChange("all");
}

/** The gain that the columns of a row share; 1 where they differ. */
export function gainOf(editor, row) {
  const gains = row.columns.map((c) => editor.edits.gains[COLUMNS[c].id] ?? 1);
  return gains.every((gain) => gain === gains[0]) ? gains[0] : 1;
}

export function setGain(editor, row, gain, gesture = null) {
  const gains = { ...editor.edits.gains };
  for (const c of row.columns) {
    if (gain === 1) delete gains[COLUMNS[c].id];
    else gains[COLUMNS[c].id] = tidy(gain);
  }
  editor.commit({ ...editor.edits, gains }, editor.selection, gesture);
}

/** The balance of a linked row: its keys are divided anew between left and right. */
export function setBalance(editor, row, balance, gesture = null) {
  const before = editor.balanceOf(row);
  editor.setView({ balance: { ...editor.view.balance, [row.id]: tidy(balance) } });
  let { edits } = editor;
  for (const { members } of editor.keys(row.linked[0])) {
    for (const { c, key } of members) {
      if (!COLUMNS[c].side) continue;
      const partner = members.find((other) => COLUMNS[other.c].id === COLUMNS[c].mirror);
      const old = sideShare(c, before);
      const full = old > 0.01 ? key.value / old : partner ? partner.key.value / Math.max(sideShare(partner.c, before), 0.01) : 0;
      edits = mapKeys(edits, new Set([key]), () => ({ ...key, value: limited(full * sideShare(c, balance)) })).edits;
    }
  }
  editor.commit(edits, edits === editor.edits ? editor.selection : new Set(), gesture);
}

export function toggleLink(editor, row) {
  const unlinked = new Set(editor.view.unlinked);
  if (!unlinked.delete(row.id)) unlinked.add(row.id);
  editor.channel = 0;
  editor.setView({ unlinked });
}

export function toggleOpen(editor, row) {
  const open = new Set(editor.view.open);
  if (!open.delete(row.id)) open.add(row.id);
  editor.setView({ open });
}
