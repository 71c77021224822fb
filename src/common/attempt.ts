/** Calls it without waiting. What it throws, now or later, goes to `failed`: no promise is left that nobody looks at. */
export function attempt(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    Promise.resolve(call()).catch(failed);
  } catch (error) {
    failed(error);
  }
}
