import { backoff } from '../common/backoff';
import { endedByItself, type ChildExit } from '../watch/child-exit';
import { isCrash, recordCrash } from '../pool/restart-policy';
import { CRASH_LIMIT_STATUS } from '../pool/pool';
import { crashLimit, restartSettings } from '../pool/restart-settings';
import { neverUp } from './report-server-end';
import { stepSlot, type SlotAction, type SlotEvent } from './server-slot';
import type {
  KnownServer,
  SupervisorAction,
  SupervisorContext,
  SupervisorEvent,
  SupervisorLife,
  SupervisorStep,
} from './supervisor-state';

export function newSupervisor<S>(): SupervisorLife<S> {
  return {
    slot: { kind: 'empty' },
    servers: [],
    generation: 0,
    wasUp: false,
    lastStartAt: -Infinity,
    crashTimes: [],
    failedSpawns: 0,
    areSocketsClosed: false,
    isFinished: false,
  };
}

/** Why no server is started any more, if so. */
export function whyNoStart({ slot }: Pick<SupervisorLife<unknown>, 'slot'>): string | undefined {
  if (slot.kind === 'over') return 'the supervisor is stopping';
  return slot.kind === 'detaching' && slot.leaves ? 'the supervisor ends, as exitOnDetach says' : undefined;
}

export function stepSupervisor<S>(
  life: SupervisorLife<S>,
  event: SupervisorEvent<S>,
  context: SupervisorContext,
): SupervisorStep<S> {
  return withEnd(settle(life, event, context));
}

function settle<S>(
  life: SupervisorLife<S>,
  event: SupervisorEvent<S>,
  context: SupervisorContext,
): SupervisorStep<S> {
  switch (event.kind) {
    case 'begin':
      return stay(life, life.slot.kind === 'empty' ? [{ kind: 'start' }] : []);
    case 'started':
      return started(life, event, context);
    case 'state':
      return stay(withServer(life, event.server, { state: event.state }));
    case 'up':
      return stay(
        {
          ...withServer(life, event.server, { isUp: true, ...(!event.isFollowed && { isRoundOver: true }) }),
          wasUp: true,
        },
        [{ kind: 'tell_up' }],
      );
    case 'first_round':
      return stay(withServer(life, event.server, { isRoundOver: true }));
    case 'trying':
      return stay(life, life.wasUp ? [] : [{ kind: 'tell_trying', why: event.why }]);
    case 'failed': {
      const next = withServer(life, event.server, { failure: event.why });
      // The class itself is at fault: every start would fail.
      return event.isHopeless && !life.wasUp ? giveUpStart(next, event.why, context) : stay(next);
    }
    case 'unrecoverable':
      return stay(withServer(life, event.server, { isFinal: true }));
    case 'sockets_let_go':
      return stay(withServer(life, event.server, { isWithoutSockets: true }));
    case 'exited':
      return exited(life, event, context);
    case 'detach': {
      const { slot } = life;
      if (slot.kind !== 'serving') return stay(life);
      return inPlace(withServer(life, slot.server, { isDetached: true }), event);
    }
    case 'due':
    case 'restart':
    case 'end':
      return inPlace(life, event);
  }
}

function started<S>(
  life: SupervisorLife<S>,
  { server, hasProcess }: { readonly server: S; readonly hasProcess: boolean },
  { now }: SupervisorContext,
): SupervisorStep<S> {
  const known: KnownServer<S> = {
    server,
    state: 'preparing',
    isUp: false,
    isRoundOver: false,
    isDetached: false,
    isWithoutSockets: false,
    isFinal: false,
    failure: undefined,
  };
  const next = {
    ...life,
    servers: [...life.servers, known],
    generation: life.generation + 1,
    lastStartAt: now,
    failedSpawns: hasProcess ? 0 : life.failedSpawns,
  };
  return inPlace(next, { kind: 'started', server });
}

function exited<S>(
  life: SupervisorLife<S>,
  { server, exit, isIntended }: SupervisorEvent<S> & { readonly kind: 'exited' },
  context: SupervisorContext,
): SupervisorStep<S> {
  const known = life.servers.find((one) => one.server === server);
  if (!known) return stay(life);
  const { code } = exit;
  const isFinal = known.isFinal || (code !== null && context.engine.unrecoverableExitCodes.includes(code));
  const without = { ...life, servers: life.servers.filter((one) => one !== known) };
  const ended = isFinal ? inPlace(without, { kind: 'end', status: code ?? 1 }).life : without;
  const next = inPlace(ended, { kind: 'exited', server });
  if (next.life.slot.kind !== 'empty' || next.actions.length > 0) return next;
  const why = exit.spawnError?.message ?? known.failure ?? neverUp(exit);
  return replace(next.life, exit, isIntended, why, context);
}

/** At least serverRestartWait from start to start, not from the death. */
function replace<S>(
  life: SupervisorLife<S>,
  exit: ChildExit,
  isIntended: boolean,
  why: string,
  context: SupervisorContext,
): SupervisorStep<S> {
  const { now, engine, random } = context;
  const { spawnError } = exit;
  const isUnwanted = !isIntended;
  if (isUnwanted && !life.wasUp && !engine.startRetry && endedByItself(exit))
    return giveUpStart(life, why, context);
  const crashes =
    isUnwanted && isCrash({ expected: false, spawnError })
      ? recordCrash(life.crashTimes, now, crashLimit(engine))
      : { times: life.crashTimes, exceeded: false };
  const tried: readonly SupervisorAction[] = isUnwanted && !life.wasUp ? [{ kind: 'tell_trying', why }] : [];
  const counted = { ...life, crashTimes: crashes.times };
  if (crashes.exceeded) {
    const { life: over } = inPlace(counted, { kind: 'end', status: CRASH_LIMIT_STATUS });
    const last = `the server process crashes too often; the last time: ${why}`;
    return stay(over, [...tried, { kind: 'give_up', because: 'crash_limit', why: last }]);
  }
  const failedSpawns = life.failedSpawns + (spawnError ? 1 : 0);
  // The second early death is the first one that causes a delay.
  const backoffMs = backoff(spawnError ? failedSpawns + 1 : 0, restartSettings(engine), random);
  const until = Math.max(life.lastStartAt + engine.serverRestartWaitMs, now + backoffMs);
  return stay(inPlace({ ...counted, failedSpawns }, { kind: 'next_at', until }).life, tried);
}

/** No server was ever up, and another try makes no sense. */
function giveUpStart<S>(
  life: SupervisorLife<S>,
  why: string,
  { engine }: SupervisorContext,
): SupervisorStep<S> {
  const { life: over } = inPlace(life, { kind: 'end', status: engine.daemonizeErrorExitCode });
  return stay(over, [{ kind: 'give_up', because: 'never_up', why }]);
}

/** What follows once no server is started any more. */
function withEnd<S>({ life, actions }: SupervisorStep<S>): SupervisorStep<S> {
  const { slot, servers } = life;
  if (slot.kind !== 'over' || life.isFinished) return { life, actions };
  if (actions.some(({ kind }) => kind === 'leave')) return { life: { ...life, isFinished: true }, actions };
  const more: SupervisorAction[] = [];
  // Until all servers have closed theirs, one may still be in its drainDelay.
  const closes = !life.areSocketsClosed && servers.every(({ isWithoutSockets }) => isWithoutSockets);
  if (closes) more.push({ kind: 'close_sockets' });
  const isFinished = servers.length === 0;
  if (isFinished) more.push({ kind: 'finish', status: slot.status });
  return {
    life: { ...life, areSocketsClosed: life.areSocketsClosed || closes, isFinished },
    actions: [...actions, ...more],
  };
}

const FOLLOWING: Readonly<Record<SlotAction, readonly SupervisorAction[]>> = {
  none: [],
  start: [{ kind: 'start' }],
  leave: [{ kind: 'leave' }],
};

function inPlace<S>(life: SupervisorLife<S>, event: SlotEvent<S>): SupervisorStep<S> {
  const { slot, action } = stepSlot(life.slot, event);
  return stay({ ...life, slot }, FOLLOWING[action]);
}

function withServer<S>(
  life: SupervisorLife<S>,
  server: S,
  change: Partial<KnownServer<S>>,
): SupervisorLife<S> {
  const servers = life.servers.map((one) => (one.server === server ? { ...one, ...change } : one));
  return { ...life, servers };
}

function stay<S>(life: SupervisorLife<S>, actions: readonly SupervisorAction[] = []): SupervisorStep<S> {
  return { life, actions };
}
