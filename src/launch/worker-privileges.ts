import type { SpawnOptions } from 'node:child_process';
import type { Identity } from '../common/identity';
import { resolveIdentity } from '../common/resolve-identity';
import type { EngineConfig } from '../config/engine-config';

/** The identity of worker processes. */
export interface WorkerPrivileges {
  readonly identity: Identity | undefined;
  readonly umask: number | undefined;
}

/** @throws ConfigError when there is no such user or group, or we may not switch to it. */
export function resolveWorkerPrivileges(engine: EngineConfig): WorkerPrivileges {
  const identity = resolveIdentity({
    user: engine.workerChuser,
    group: engine.workerChgroup,
    userKey: 'workerChuser',
    groupKey: 'workerChgroup',
  });
  return { identity, umask: engine.workerChumask };
}

/** The title of a worker in ps; undefined: what the system shows by default. */
export function workerTitle(
  { workerProcessName }: Pick<EngineConfig, 'workerProcessName'>,
  workerId: number | 'standby' | 'template',
): string | undefined {
  return workerProcessName?.replace(/%[d%]/g, (sign) => (sign === '%d' ? String(workerId) : '%'));
}

/** The title of the process that workers are forked from: that of a worker, with `template` in the place of its id. */
export function templateTitle(engine: Pick<EngineConfig, 'workerProcessName'>): string | undefined {
  const title = workerTitle(engine, 'template');
  // A name without %d is the same for all.
  return title === undefined || title !== workerTitle(engine, 'standby') ? title : `${title} template`;
}

interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

/** A foreign program with those privileges; its own options win. It has no supplementary groups: spawn() clears them. */
export function withPrivileges<C extends Command>(call: C, { identity, umask }: WorkerPrivileges): C {
  const ids = identity && {
    gid: identity.gid,
    ...(identity.uid === undefined ? {} : { uid: identity.uid }),
  };
  const options = { ...ids, ...call.options };
  if (umask === undefined) return { ...call, options };
  const setUmask = `umask ${umask.toString(8)}`;
  if (call.options.shell) return { ...call, command: `${setUmask} && ${call.command}`, options };
  const args = ['-c', `${setUmask} && exec "$@"`, 'sh', call.command, ...call.args];
  return { ...call, command: '/bin/sh', args, options };
}
