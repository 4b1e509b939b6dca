// The value of the selected key as its row tells it: what the key adds to what is there without it, or, in a replaced
// range, what it makes of the row in place of the performance.

import { nudge } from "./actions.js";
import { channelAfter, channelValue, deltaFor } from "./rows.js";

/**
 * The numbers of the first key of the active channel that is selected, or null where there is none that the row shows:
 * {value, under, replaces}, and what `setChosen` needs: the values [40] of its moment and the columns that it moves.
 */
export function chosenKey(editor) {
  const channel = editor.activeChannel;
  const moment = channel && editor.keys(channel).find(({ members }) => members.some(({ key }) => editor.selection.has(key)));
  if (!moment?.members.some(({ c }) => channel.up.includes(c) || channel.down.includes(c))) return null;
  const frame = editor.frameAt(moment.time);
  const [values, without] = [editor.performance.rowAt(frame), editor.performance.rowAt(frame)];
  const replaces = moment.layer >= 0;
  for (const { c, key } of moment.members) {
    if (replaces) values[c] = key.value;
    else without[c] -= key.value;
  }
  const under = replaces ? channelValue(channel, editor.performance.base, frame) : channelAfter(channel, without, 0);
  const value = channelAfter(channel, values, 0) - (replaces ? 0 : under);
  return { value, under, replaces, values, held: moment.members.map(({ c }) => c) };
}

/** Brings that key to another value, as far as the legal ranges allow, and what is selected with it along. */
export function setChosen(editor, value) {
  const chosen = chosenKey(editor);
  if (!chosen) return;
  const { activeChannel: channel, activeRow } = editor;
  const moving = { ...channel, parts: channel.parts.filter(([c]) => chosen.held.includes(c)) };
  const target = value + (chosen.replaces ? 0 : chosen.under);
  nudge(editor, 0, deltaFor(moving, chosen.values, target, editor.balanceOf(activeRow)));
}
