/**
 * Does what Node does when an event loop ends, for one that does not end.
 * @param times how often in a row nothing was left to do.
 */
export function endWhenIdle(times: number): void {
  if (times === 1) setImmediate(() => process.emit('beforeExit', Number(process.exitCode ?? 0)));
  else process.exit();
}
