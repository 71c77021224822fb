import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../common/clock';
import { ConfigError, messageOf } from '../common/errors';
import { BatchedSink } from '../record/batched-sink';
import { compressLater } from './compress-later';
import { FileSink } from './file-sink';
import { canRotate, cutHalfLine, LogFile } from './log-file';
import type { LogSink } from '../record/log-sink';
import { NumberedRotation } from './numbered-rotation';
import { DEFAULT_LOG_MODE } from './open-log';
import { NoRotation, type Rotation, type RotationSettings } from './rotation';

export interface SinkOptions {
  readonly rotation?: RotationSettings;
  /** Another process still writes to the same file: half a line at its end may get its other half. */
  readonly isShared?: boolean;
  /** Permissions for a new file. */
  readonly mode?: number;
  readonly clock?: Clock;
}

export interface OpenedSink {
  readonly sink: LogSink;
  /** Half a line that a killed writer had left at the end of the file. It was removed. */
  readonly halfLine: string | undefined;
}

/**
 * The sink that the `log` key names: undefined is stderr, '-' is stdout, anything else is a path.
 * @throws ConfigError when the file cannot be opened.
 */
export async function openSink(log: string | undefined, options: SinkOptions = {}): Promise<OpenedSink> {
  const { rotation: settings, isShared = false, mode = DEFAULT_LOG_MODE, clock } = options;
  if (log === undefined) return { sink: new BatchedSink('stderr', 2, clock), halfLine: undefined };
  if (log === '-') return { sink: new BatchedSink('stdout', 1, clock), halfLine: undefined };
  // Absolute: a daemon changes its directory later.
  const path = resolve(log);
  try {
    const rotation = canRotate(path) ? await rotationOf(path, settings, mode) : new NoRotation(path);
    const file = new LogFile(rotation.path, mode);
    const halfLine = file.isRegular && !isShared ? cutHalfLine(file) : undefined;
    return { sink: new FileSink(file, { rotation, mode, clock }), halfLine };
  } catch (error) {
    const cure =
      'The directory must exist and be writable by the user the server runs as, and the log be a regular file or a stream such as /dev/stdout.';
    throw new ConfigError('ERR_CONFIG_INVALID', `log: cannot open ${path}: ${messageOf(error)}. ${cure}`, {
      cause: error,
    });
  }
}

async function rotationOf(
  path: string,
  settings: RotationSettings | undefined,
  mode: number,
): Promise<Rotation> {
  if (settings?.daily) {
    // winston-daily-rotate-file would create missing folders, although the name may be misspelt.
    accessSync(dirname(path), constants.W_OK);
    const { DailyRotation } = await import('./daily-rotation');
    return DailyRotation.open(path, { ...settings, mode }, reportRotator);
  }
  if (!settings || settings.age === 0 || settings.sizeBytes === 0) return new NoRotation(path);
  const { age, sizeBytes, compress } = settings;
  const onRotated = (generations: readonly string[]): void => {
    if (!compress) return;
    compressLater(generations, reportRotator);
  };
  return new NumberedRotation(path, { age, sizeBytes, onRotated });
}

function reportRotator(error: unknown): void {
  process.emitWarning(`the old log files could not be put in order: ${messageOf(error)}`);
}
