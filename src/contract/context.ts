import type { Logger } from '../record/logger';
import type { ServerControl } from './server-control';

/**
 * What a worker is given. A class so that it can be named in a constructor and found by the container;
 * a plain object of the same shape does as well: `new MyWorker({ config, logger, server, workerId: 0 })`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a bare WorkerContext is to fit every Worker<C, S>
export class WorkerContext<C = any, S = any> {
  constructor(
    /** The validated configuration, frozen. Replaced as a whole by a reload. */
    public config: Readonly<C>,
    /** The logger of this process. */
    public readonly logger: Logger,
    /** The server, as far as it is shared with workers. */
    public readonly server: S,
    /** 0 to workers - 1. A replacement has the id of the worker it replaces. */
    public readonly workerId: number,
    /** What ready() does; given by the engine. */
    public readonly onReady?: () => void,
    /** What drained() waits for; given by the engine. */
    public readonly drained?: () => Promise<void>,
    /** What jobDone() does; given by the engine. */
    public readonly onJobDone?: (count: number) => void,
  ) {}
}

/** What a server is given. Fake contexts of unit tests leave `control` out. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a bare ServerContext is to fit every Server<C>
export class ServerContext<C = any> {
  constructor(
    /** The validated configuration, frozen. Replaced as a whole by a reload. */
    public config: Readonly<C>,
    /** The logger of this process. */
    public readonly logger: Logger,
    /** The running engine behind stop(), restart(), scale() and the listen methods. */
    public readonly control?: ServerControl,
  ) {}
}
