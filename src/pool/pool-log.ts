import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import { crashLimit } from './restart-settings';
import type { PoolNews } from './pool-events';

export interface PoolLog {
  readonly logger: Logger;
  readonly engine: () => EngineConfig;
  /** How the log names a worker: "worker 2". */
  readonly nameOf: (workerId: number) => string;
  /** Fields of every record: the group, if there are several. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Writes one sentence to the log for each piece of news. */
export function logNews({ logger: plain, engine, nameOf, fields: common }: PoolLog, news: PoolNews): void {
  const logger = withFields(plain, common);
  switch (news.kind) {
    case 'started': {
      const { workerId, pid, generation } = news;
      logger.info(`${nameOf(workerId)} started`, { workerId, pid, generation });
      return;
    }
    case 'running': {
      const { workerId, generation, pid } = news;
      logger.debug(`${nameOf(workerId)} is running`, { workerId, generation, pid });
      return;
    }
    case 'ready':
      return;
    case 'launch_slow': {
      const { workerId, generation, waitedMs } = news;
      const awaited =
        engine().workerStart === 'fork'
          ? 'the template has not loaded the program, or beforeFork() has not ended'
          : 'its beforeFork() or spawn() has not ended';
      logger.warn(`${nameOf(workerId)} is not started yet: ${awaited}`, {
        workerId,
        generation,
        waitedMs: Math.round(waitedMs),
      });
      return;
    }
    case 'launches_given_up':
      logger.warn('beforeFork() or spawn() has not ended; the server stops without it', {
        workers: news.workers,
      });
      return;
    case 'delayed': {
      const { workerId, delayMs } = news;
      logger.info(`${nameOf(workerId)} will be restarted after a delay`, { workerId, delayMs });
      return;
    }
    case 'unrecoverable': {
      const { workerId, status } = news;
      logger.error(`${nameOf(workerId)} ended with an unrecoverable status; it is not restarted`, {
        workerId,
        status,
      });
      return;
    }
    case 'never_up':
      logger.fatal('no worker came up, so the server gives up; with startRetry: true it tries for ever', {
        reason: news.failure.why,
      });
      return;
    case 'crash_limit':
      logger.fatal('workers crash too often; the server gives up', {
        crashes: news.crashes,
        ...crashLimit(engine()),
      });
      return;
    case 'scaling':
      logger.info(`scaling from ${news.from} to ${news.to} workers`);
      return;
    case 'stopping': {
      const { alive, graceful, lingering } = news;
      logger.info(`stopping ${alive} workers`, lingering > 0 ? { graceful, lingering } : { graceful });
      return;
    }
    case 'restarting': {
      const { alive, graceful, rolling, atOnce } = news;
      const strategy = engine().restartStrategy;
      logger.info(`restarting ${alive} workers`, { graceful, strategy, rolling, atOnce });
      return;
    }
    case 'replaced': {
      const { workerId, pid, oldPid, old } = news;
      const fields = { workerId, pid, oldPid, old };
      if (old === 'silent')
        logger.warn(
          `${nameOf(workerId)} was replaced, but does not report that it accepts nothing new: the rollout goes on without it`,
          fields,
        );
      else logger.info(`${nameOf(workerId)} was replaced; the rollout goes on`, fields);
      return;
    }
    case 'standby_ready':
      logger.debug('standby worker is ready', { pid: news.pid, startMs: news.startMs });
      return;
    case 'standby_delayed':
      logger.info('the next standby worker will be started after a delay', { delayMs: news.delayMs });
      return;
    case 'healing': {
      const { workerId, pid, generation, reason } = news;
      logger.info(`${nameOf(workerId)} hangs; a standby takes its place before it is ended`, {
        workerId,
        pid,
        generation,
        reason,
      });
      return;
    }
    case 'recycling': {
      const { workerId, pid, generation, reason, heapFill } = news;
      const fields = { workerId, pid, generation, reason };
      if (heapFill === undefined) logger.info(`recycling ${nameOf(workerId)}`, fields);
      else
        logger.warn(`recycling ${nameOf(workerId)}, whose heap is nearly full`, {
          ...fields,
          heapFill: Math.round(heapFill * 100) / 100,
        });
      return;
    }
    case 'accept_paused': {
      const { workerId, pid, generation, connections, of } = news;
      const mean = Math.round(of.reduce((sum, one) => sum + one, 0) / of.length);
      logger.info(`${nameOf(workerId)} pauses accepting until the others have caught up`, {
        workerId,
        pid,
        generation,
        connections,
        mean,
      });
      return;
    }
    case 'accept_resumed': {
      const { workerId, pid, generation, connections } = news;
      logger.info(`${nameOf(workerId)} accepts again`, { workerId, pid, generation, connections });
      return;
    }
    case 'memory_unknown': {
      const { workerId, pid, generation } = news;
      logger.warn(
        'workerMaxMemory has no effect: the memory of workers cannot be read. This needs Linux with a /proc that shows them',
        { workerId, pid, generation },
      );
      return;
    }
    case 'standby_greedy': {
      const { pid, memoryBytes, limitBytes } = news;
      logger.warn('a standby worker has reached workerMaxMemory before it was needed; it is replaced', {
        pid,
        memoryMb: Math.round(memoryBytes / 2 ** 20),
        limitMb: Math.round(limitBytes / 2 ** 20),
      });
      return;
    }
    case 'recycled': {
      const { workerId, pid, oldPid, reason } = news;
      logger.info(`${nameOf(workerId)} was recycled`, { workerId, pid, oldPid, reason });
      return;
    }
    case 'recycle_failed': {
      const { workerId, reason, why, retryMs } = news;
      const text = `${nameOf(workerId)} could not be recycled; it goes on and the server tries again`;
      logger.warn(text, { workerId, reason, why, retryMs });
      return;
    }
    case 'rollout_progress':
      return;
    case 'rollout_over':
      logRolloutOver(logger, news);
      return;
    case 'lingers': {
      const { workerId, pid, generation, reason, connections, lingering } = news;
      const limitMs = engine().workerGracefulKillTimeoutMs;
      logger.info(
        `${nameOf(workerId)} lingers: it accepts nothing new and finishes what it has begun`,
        // Counted from its stop; then it is killed.
        {
          workerId,
          pid,
          generation,
          reason,
          connections,
          lingering,
          limitMs: limitMs < 0 ? 'none' : limitMs,
        },
      );
    }
  }
}

type Say = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

function withFields(
  logger: Logger,
  common: Readonly<Record<string, unknown>>,
): Readonly<Record<'debug' | 'info' | 'warn' | 'error' | 'fatal', Say>> {
  return {
    debug: (message, fields) => logger.debug(message, { ...common, ...fields }),
    info: (message, fields) => logger.info(message, { ...common, ...fields }),
    warn: (message, fields) => logger.warn(message, { ...common, ...fields }),
    error: (message, fields) => logger.error(message, { ...common, ...fields }),
    fatal: (message, fields) => logger.fatal(message, { ...common, ...fields }),
  };
}

function logRolloutOver(
  logger: Readonly<Record<'info' | 'error', Say>>,
  { isRolling, result }: PoolNews & { readonly kind: 'rollout_over' },
): void {
  const { replaced, tookMs, kept, failed, outcome } = result;
  const what = isRolling ? 'rolling restart' : 'restart';
  switch (outcome) {
    case 'halted':
      logger.error(
        isRolling ? 'rolling restart halted; the old workers stay' : 'restart failed for a worker',
        {
          replaced,
          tookMs,
          kept: isRolling ? kept : undefined,
          workerId: failed?.workerId,
          why: failed?.why,
        },
      );
      return;
    case 'overtaken':
      logger.info(`${what} was overtaken`, { replaced, tookMs, kept });
      return;
    case 'held':
    case undefined:
      logger.info(`${what} finished`, { replaced, tookMs });
  }
}
