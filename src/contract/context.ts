import type { Logger } from '../record/logger';
import type { MessageResult } from './results';
import type { ServerControl } from './server-control';

/**
 * The first parameter of a worker's constructor. It is a class so that a constructor can name it and the container can
 * find it; a plain object of the same shape works as well: `new MyWorker({ config, logger, server, workerId: 0 })`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a bare WorkerContext must fit every Worker<C, S>
export class WorkerContext<C = any, S = any> {
  constructor(
    /** The validated configuration, frozen. A reload replaces it as a whole. */
    public config: Readonly<C>,
    /** The logger of this process. */
    public readonly logger: Logger,
    /** The server, as far as it is shared with workers. */
    public readonly server: S,
    /** 0 to workers - 1. A replacement has the id of the worker it replaces. */
    public readonly workerId: number,
    /** What ready() calls; set by the engine. */
    public readonly onReady?: () => void,
    /** What drained() waits for; set by the engine. */
    public readonly drained?: () => Promise<void>,
    /** What jobDone() calls; set by the engine. */
    public readonly onJobDone?: (count: number) => void,
    /** What send() calls; set by the engine. */
    public readonly send?: (message: unknown) => Promise<MessageResult>,
  ) {}
}

/** The first parameter of a server's constructor. Fake contexts of unit tests leave `control` out. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a bare ServerContext must fit every Server<C>
export class ServerContext<C = any> {
  constructor(
    /** The validated configuration, frozen. A reload replaces it as a whole. */
    public config: Readonly<C>,
    /** The logger of this process. */
    public readonly logger: Logger,
    /** The running engine behind stop(), restart(), scale() and the listen methods. */
    public readonly control?: ServerControl,
  ) {}
}
