import type { EventEmitter } from 'node:events';
import type dgram from 'node:dgram';
import type net from 'node:net';
import { systemClock } from '../common/clock';

// As many as Node's own backlog: no more can have been queued when this began. New connections may come for ever.
const MOST = 511;
const LONGEST_MS = 3000;

// A turn that did little but check for connections. After a longer turn, connections may be queued again.
const SHORT_TURN_MS = 0.5;
const MOST_LONG_TURNS = 20;

/**
 * Calls back at a moment when nothing is queued on the socket: a whole turn of the event loop has brought nothing. The
 * kernel resets queued connections when the last process closes the socket, and Node accepts one connection per turn.
 */
export function onceQueueIsEmpty(socket: net.Server | dgram.Socket, callback: () => void): void {
  const emitter: EventEmitter = socket;
  const beganAt = systemClock.now();
  let taken = 0;
  let longTurns = 0;
  const note = (): void => {
    taken += 1;
  };
  const events = ['connection', 'drop', 'message'];
  for (const event of events) emitter.on(event, note);
  const isOver = (takenBefore: number, turnBeganAt: number): boolean => {
    const now = systemClock.now();
    if (taken >= MOST || now - beganAt >= LONGEST_MS) return true;
    if (taken > takenBefore) return false;
    if (now - turnBeganAt > SHORT_TURN_MS) longTurns += 1;
    return now - turnBeganAt <= SHORT_TURN_MS || longTurns >= MOST_LONG_TURNS;
  };
  const look = (takenBefore: number, turnBeganAt: number): void => {
    setImmediate(() => {
      if (!isOver(takenBefore, turnBeganAt)) {
        look(taken, systemClock.now());
        return;
      }
      for (const event of events) emitter.off(event, note);
      callback();
    });
  };
  // The current turn may have checked this socket earlier.
  setImmediate(() => look(taken, systemClock.now()));
}
