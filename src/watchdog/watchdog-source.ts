/**
 * The script of the watchdog thread, as text. The build inserts it here: a user's bundler includes this file, but would
 * miss a script that is started by its path.
 */
export function watchdogSource(): string {
  throw new Error('Only the built package has the script of the watchdog thread. Run `npm run build`.');
}
