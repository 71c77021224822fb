/** With `npm run test:fork`, where the workers of every program are forked unless its test says otherwise. */
export const areForked = process.env['TEST_FORK'] !== undefined;

/**
 * What a test expects of spawned workers, and of forked ones, where these differ by design. docs/internals/fork.md lists each
 * reason, and a unit test compares both: so the reason is one literal text.
 */
export function byStart<Spawned, Forked>(
  _why: string,
  { spawned, forked }: { readonly spawned: Spawned; readonly forked: Forked },
): Spawned | Forked {
  return areForked ? forked : spawned;
}

/** `it` for what does not apply to forked workers. The reason is listed, too, and is in the name of the skipped test. */
export function spawnedOnly(why: string): (name: string, test: () => Promise<void>) => void {
  if (!areForked) return it;
  return (name) => it.skip(`${name} (spawned workers only: ${why})`, () => {});
}
