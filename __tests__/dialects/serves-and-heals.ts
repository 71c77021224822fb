import { RunningApp } from './running-app';

/** Runs one of the apps: both workers answer, a killed one is replaced, and a stop ends with status 0. */
export async function servesAndHeals(
  node: string,
  args: readonly string[],
  folder: string,
  alsoSays?: RegExp,
): Promise<RunningApp> {
  const app = new RunningApp(node, args, folder);
  try {
    const port = await app.port();
    const first = await app.answerFrom(port);
    const second = await app.answerFrom(port, [first]);
    process.kill(first, 'SIGKILL');
    await app.answerFrom(port, [first, second]);
    if (alsoSays) await app.line(alsoSays);
    const end = await app.stop();
    expect({ ...end, output: app.output }).toMatchObject({ status: 0, signal: null });
    return app;
  } finally {
    await app.kill();
  }
}
