import type { ControlClient } from '../control/control-client';
import { asCliError, findEngine, type EngineOptions } from './find-engine';

/** Does something with the engine that the options name. @throws CliError (as a rejection) */
export async function withEngine<T>(
  options: EngineOptions,
  act: (engine: ControlClient) => Promise<T>,
): Promise<T> {
  const engine = await findEngine(options);
  try {
    return await act(engine);
  } catch (error) {
    throw asCliError(error, `process ${String(engine.hello.pid)}`);
  } finally {
    engine.close();
  }
}
