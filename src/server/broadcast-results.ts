import type { BroadcastResult } from '../contract/results';

/** The result of a broadcast to several groups. */
export async function broadcastOfAll(groups: readonly Promise<BroadcastResult>[]): Promise<BroadcastResult> {
  const results = await Promise.all(groups);
  return {
    ok: results.every(({ ok }) => ok),
    reached: results.reduce((sum, { reached }) => sum + reached, 0),
    failed: results.flatMap(({ failed }) => failed),
  };
}
