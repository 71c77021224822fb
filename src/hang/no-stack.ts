import { systemClock, type Clock } from '../common/clock';

/** No JavaScript could be interrupted, so what the kernel shows must explain the hang. The message says what was tried. */
export class NoJavaScriptRuns extends Error {}

/** A thread that runs JavaScript, or waits in Atomics.wait, answers within about 40 ms. */
const ANSWER_LIMIT_MS = 800;
const LOOK_AGAIN_MS = 100;

/**
 * The answer of another thread. A thread that is not let run gets more time.
 * @throws NoJavaScriptRuns when it takes too long.
 */
export async function answered<Answer>(
  answer: Promise<Answer>,
  isStarved: () => boolean,
  clock: Clock = systemClock,
): Promise<Answer> {
  let fail = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    fail = () =>
      reject(
        new NoJavaScriptRuns(
          `it did not answer within ${ANSWER_LIMIT_MS} ms, so it is inside a system call or native code`,
        ),
      );
  });
  const look = (): void => {
    if (isStarved()) timer = clock.after(LOOK_AGAIN_MS, look);
    else fail();
  };
  let timer = clock.after(ANSWER_LIMIT_MS, look);
  try {
    return await Promise.race([answer, late]);
  } finally {
    timer.cancel();
  }
}
