/** Calls a function without waiting. An error, now or later, goes to `failed`: no rejection is left unhandled. */
export function attempt(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    Promise.resolve(call()).catch(failed);
  } catch (error) {
    failed(error);
  }
}
