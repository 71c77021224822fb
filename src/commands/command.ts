import type {
  CommandResult,
  ReloadResult,
  RestartResult,
  ScaleResult,
  TakeoverResult,
} from '../contract/results';

/**
 * What a server or supervisor can be told to do. Signals, words on stdin and methods of the engine all create these
 * commands.
 */
export type Command =
  | { readonly kind: 'stop'; readonly graceful: boolean }
  /** group: only the workers of this group. */
  | { readonly kind: 'restart'; readonly graceful: boolean; readonly group?: string | undefined }
  | { readonly kind: 'reload' }
  | { readonly kind: 'detach' }
  | { readonly kind: 'upgrade' }
  /** worker: only this one, in each group or in that group. */
  | {
      readonly kind: 'dump';
      readonly worker?: number | undefined;
      readonly group?: string | undefined;
    }
  | { readonly kind: 'scale'; readonly by: number; readonly group?: string | undefined }
  | { readonly kind: 'scale'; readonly to: number; readonly group?: string | undefined };

interface Results {
  readonly stop: CommandResult;
  readonly restart: RestartResult;
  readonly reload: ReloadResult;
  readonly detach: TakeoverResult;
  readonly upgrade: TakeoverResult;
  readonly dump: CommandResult;
  readonly scale: ScaleResult;
}

/** What a command of this kind resolves with. */
export type ResultOf<C extends Command> = Results[C['kind']];

export type AnyResult = Results[keyof Results];

/** Takes commands: a server, a supervisor, a server process under its supervisor, or the whole tree. */
export interface CommandTarget {
  /**
   * Only enqueues the command, so a signal handler may call it at any time. Resolves once with the outcome; never
   * rejects.
   */
  submit<C extends Command>(command: C): Promise<ResultOf<C>>;
}

/** The result of a command that was not carried out. */
export function failed<C extends Command>(command: C, reason: string): ResultOf<C>;
export function failed({ kind }: Command, reason: string): AnyResult {
  switch (kind) {
    case 'restart':
      return { ok: false, reason, replaced: 0, kept: 0, tookMs: 0 };
    case 'reload':
      return { ok: false, reason, changed: [], needsRestart: [] };
    case 'scale':
      return { ok: false, reason, from: 0, to: 0 };
    case 'stop':
    case 'detach':
    case 'upgrade':
    case 'dump':
      return { ok: false, reason };
  }
}
