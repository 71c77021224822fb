/**
 * The files of the page by their path, as text. The build puts them here: a user's bundler takes this file along, but
 * would leave behind files that are looked up by their path.
 */
export function pageSource(): Readonly<Record<string, string>> {
  throw new Error('Only the built package contains the files of the status page. Run `npm run build`.');
}
