/**
 * The files of the page by their path, as text. The build puts them here: a user's bundler carries this file along, and
 * would leave behind files that are found by their path.
 */
export function pageSource(): Readonly<Record<string, string>> {
  throw new Error('Only the built package has the files of the status page. Run `npm run build`.');
}
