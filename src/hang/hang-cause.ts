import type { HangCause } from '../contract/status';
import { explainView, type KernelView } from './kernel-view';

// Where a frozen control group lists its processes: version 1 and version 2.
const FREEZER = /refrigerator|freezer/;

/** Why a process sends no heartbeat: it is not allowed to run, or it is doing something else. */
export function hangCause(view: KernelView | undefined): HangCause {
  if (!view) return { kind: 'blocked', why: 'its event loop was blocked' };
  const isFrozen = FREEZER.test(view.wchan ?? '');
  if (isFrozen) return { kind: 'frozen', why: 'its process was frozen: by the freezer of a control group' };
  const { state } = view;
  const why = explainView(view, false);
  return state === 'T' || state === 't'
    ? { kind: 'frozen', why: `its process was frozen: ${why}` }
    : { kind: 'blocked', why: `its event loop was blocked: ${why}` };
}
