import { debuglog } from 'node:util';

const write = debuglog('serverengine');
const isOn = write.enabled;

/** Fields whose text may be shown. Others may hold what is secret: a config, a token, the address of a debugger. */
const SHOWN_TEXTS: ReadonlySet<string> = new Set(['reason', 'signal', 'act', 'group']);

/**
 * `NODE_DEBUG=serverengine` shows on stderr what passes between the processes, and what changes their states. Switched
 * off, a call costs a look at a boolean: hand over the message as it is.
 * @param where which wire: to whom, from whom, or whose state.
 */
export function wire(where: string, message: object): void {
  if (isOn) write(`${where}: ${inBrief(message)}`);
}

/** The same, where the name of the wire must be put together. */
export function wireOf(message: object, where: () => string): void {
  if (isOn) wire(where(), message);
}

/** A message in one line: its name, its plain fields, of the others only that they are there. */
export function inBrief(message: object): string {
  const { type, kind, cmd, ...fields } = message as Readonly<Record<string, unknown>>;
  const name = [type, kind, cmd].find((value) => typeof value === 'string') ?? 'message';
  const shown = Object.entries(fields).flatMap(([key, value]) => shownField(key, value) ?? []);
  return [name, ...shown].join(' ');
}

function shownField(key: string, value: unknown): string | undefined {
  if (typeof value === 'number') return `${key}=${String(Math.round(value))}`;
  if (typeof value === 'boolean') return `${key}=${String(value)}`;
  if (typeof value === 'string') return SHOWN_TEXTS.has(key) ? `${key}=${value}` : `${key}=…`;
  return typeof value === 'object' && value !== null ? `${key}=…` : undefined;
}
