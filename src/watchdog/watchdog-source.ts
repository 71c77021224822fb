/**
 * The script of the watchdog thread, as text. The build puts it here: a user's bundler carries this file along, and
 * would leave behind one that is started by its path.
 */
export function watchdogSource(): string {
  throw new Error('Only the built package has the script of the watchdog thread. Run `npm run build`.');
}
