/** No JavaScript could be interrupted: what the kernel shows is the explanation. The message says what was tried. */
export class NoJavaScriptRuns extends Error {}
