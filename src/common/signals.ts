import { constants } from 'node:os';
import { wireOf } from './wires';

/** What happened when a signal was sent. */
export type SendResult = 'sent' | 'gone';

const GONE = new Set(['ESRCH', 'ECHILD', 'EPERM']);

/** Sends a signal by pid. Never throws because the process is gone (or is no longer ours): that is 'gone'. */
export function sendSignal(pid: number, signal: NodeJS.Signals): SendResult {
  wireOf({ kind: signal }, () => `signal to ${String(pid)}`);
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (error) {
    if (GONE.has((error as NodeJS.ErrnoException).code ?? '')) return 'gone';
    throw error;
  }
}

/** Sends it to every process of a group. 'gone': there is none, or none that may be signalled. */
export function signalGroup(leader: number, signal: NodeJS.Signals): SendResult {
  return sendSignal(-leader, signal);
}

/** 'TERM', 'sigterm' and 'SIGTERM' all name SIGTERM; undefined if the system has no such signal. */
export function parseSignal(name: string): NodeJS.Signals | undefined {
  const upper = name.trim().toUpperCase();
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return full in constants.signals ? (full as NodeJS.Signals) : undefined;
}
