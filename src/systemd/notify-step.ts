import type { Command } from '../commands/command';

/** What the service manager has been told about this process. */
export interface NotifyState {
  /** READY=1 was sent. */
  readonly isReady: boolean;
  /** How many commands that replace something are under way. While there is one, the service is reloading. */
  readonly reloads: number;
  /** STOPPING=1 was sent. */
  readonly isStopping: boolean;
  /** A successor is the main process of the service now: this process sends nothing any more. */
  readonly isGivenAway: boolean;
  /** The last STATUS=. */
  readonly text: string;
}

export type NotifyEvent =
  /** The engine serves. mainPid: the pid of a successor, which the service manager does not know yet. */
  | { readonly kind: 'up'; readonly mainPid: number | undefined }
  /** The predecessor has ended: this process is a child of the service manager from now on. */
  | { readonly kind: 'adopted'; readonly mainPid: number }
  | { readonly kind: 'begun'; readonly command: Command['kind']; readonly monotonicUs: bigint }
  | {
      readonly kind: 'ended';
      readonly command: Command['kind'];
      readonly failure: string | undefined;
      /** The process that has taken over. */
      readonly pid?: number | undefined;
    }
  /** The status was read. isEnding: the engine is going to end, for whatever reason. */
  | { readonly kind: 'looked'; readonly text: string; readonly isEnding: boolean }
  /** The watchdog is due, and the engine is healthy. */
  | { readonly kind: 'healthy' }
  /** The stop takes longer. extendUs: how much longer the service manager should wait. */
  | { readonly kind: 'still_stopping'; readonly extendUs: number }
  /** The supervisor or the server has finished. */
  | { readonly kind: 'over' };

export interface NotifyStep {
  readonly state: NotifyState;
  /** The assignments of one message; empty: nothing is sent. */
  readonly say: readonly string[];
}

/** Nothing has been sent yet. */
export const UNTOLD: NotifyState = {
  isReady: false,
  reloads: 0,
  isStopping: false,
  isGivenAway: false,
  text: '',
};

const REPLACING: readonly Command['kind'][] = ['reload', 'restart', 'upgrade', 'detach'];

/** The program that sends the message is the main process, for a moment. */
export const MAIN_IS_SENDER = 'MAINPID=$$';

/** Decides what the service manager is told next. */
export function stepNotify(state: NotifyState, event: NotifyEvent): NotifyStep {
  if (state.isGivenAway) return { state, say: [] };
  switch (event.kind) {
    case 'up': {
      const main = event.mainPid === undefined ? [] : [`MAINPID=${event.mainPid}`];
      return { state: { ...state, isReady: true }, say: ['READY=1', ...main] };
    }
    case 'adopted':
      return { state, say: [MAIN_IS_SENDER, `MAINPID=${event.mainPid}`] };
    case 'begun':
      return onBegun(state, event);
    case 'ended':
      return onEnded(state, event);
    case 'looked': {
      const stopping = event.isEnding ? beginStop(state) : { state, say: [] };
      if (event.text === state.text) return stopping;
      return {
        state: { ...stopping.state, text: event.text },
        say: [...stopping.say, `STATUS=${event.text}`],
      };
    }
    case 'healthy':
      return { state, say: state.isReady ? ['WATCHDOG=1'] : [] };
    case 'still_stopping':
      return { state, say: state.isStopping ? [`EXTEND_TIMEOUT_USEC=${event.extendUs}`] : [] };
    case 'over':
      return beginStop(state);
  }
}

function onBegun(
  state: NotifyState,
  { command, monotonicUs }: Extract<NotifyEvent, { kind: 'begun' }>,
): NotifyStep {
  if (command === 'stop') return beginStop(state);
  if (!REPLACING.includes(command)) return { state, say: [] };
  const isFirst = state.reloads === 0 && state.isReady && !state.isStopping;
  return {
    state: { ...state, reloads: state.reloads + 1 },
    // The time shows the service manager that this came after its own signal.
    say: isFirst ? ['RELOADING=1', `MONOTONIC_USEC=${monotonicUs}`] : [],
  };
}

function onEnded(
  state: NotifyState,
  { command, failure, pid }: Extract<NotifyEvent, { kind: 'ended' }>,
): NotifyStep {
  if (!REPLACING.includes(command)) return { state, say: [] };
  // This process says so too, because it must not end before the service manager knows. The successor says that it is ready.
  if (command === 'upgrade' && failure === undefined && pid !== undefined)
    return { state: { ...state, reloads: 0, isGivenAway: true }, say: [`MAINPID=${pid}`] };
  const reloads = state.reloads - 1;
  const text = failure === undefined ? state.text : `${command} failed: ${failure}`;
  const told = text === state.text ? [] : [`STATUS=${text}`];
  const isLast = reloads === 0 && state.isReady && !state.isStopping;
  return { state: { ...state, reloads, text }, say: isLast ? ['READY=1', ...told] : told };
}

function beginStop(state: NotifyState): NotifyStep {
  if (state.isStopping) return { state, say: [] };
  return { state: { ...state, isStopping: true }, say: ['STOPPING=1'] };
}
