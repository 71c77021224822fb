import { debuglog } from 'node:util';

const write = debuglog('serverengine');
const isOn = write.enabled;

/** Fields whose text may be shown. Others may hold secrets: a config, a token, the address of a debugger. */
const SHOWN_TEXTS: ReadonlySet<string> = new Set(['reason', 'signal', 'act', 'group']);

/**
 * `NODE_DEBUG=serverengine` shows on stderr what passes between the processes, and what changes their states. When it
 * is off, a call costs one check of a boolean: pass the message as it is.
 * @param where the direction and peer, or whose state.
 */
export function wire(where: string, message: object): void {
  if (isOn) write(`${where}: ${inBrief(message)}`);
}

/** The same, if the text for `where` must be built. */
export function wireOf(message: object, where: () => string): void {
  if (isOn) wire(where(), message);
}

/** A message in one line: its name, its plain fields, and of other fields only their names. */
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
