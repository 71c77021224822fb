import type { Command } from '../commands/command';
import { ConfigError } from '../common/errors';
import { show } from '../config/show';
import { isCount, isFields, isText, type MessageFields } from './check-message';

/** What one key of a command may be. */
interface Rule {
  readonly allowed: string;
  readonly holds: (value: unknown) => boolean;
  readonly isOptional?: true;
}

type Shape = Readonly<Record<string, Rule>>;

const graceful: Rule = { allowed: 'true or false', holds: (value) => typeof value === 'boolean' };
const count: Rule = { allowed: 'an integer >= 0', holds: isCount };
// A typo such as an extra zero must not fill the machine.
const MOST_WORKERS = 10_000;
const to: Rule = {
  allowed: `an integer from 0 to ${MOST_WORKERS}`,
  holds: (value) => isCount(value) && value <= MOST_WORKERS,
};
const by: Rule = {
  allowed: `an integer from -${MOST_WORKERS} to ${MOST_WORKERS}`,
  holds: (value) => Number.isSafeInteger(value) && Math.abs(Number(value)) <= MOST_WORKERS,
};
const group: Rule = { allowed: 'a name', holds: (value) => isText(value) && value !== '', isOptional: true };

/** Not a zod schema: that takes 6 MB in the main process for seven commands. */
const SHAPES: Readonly<Record<Command['kind'], readonly [Shape, ...Shape[]]>> = {
  stop: [{ graceful }],
  restart: [{ graceful, group }],
  reload: [{}],
  detach: [{}],
  upgrade: [{}],
  dump: [{ worker: { ...count, isOptional: true }, group }],
  scale: [
    { to, group },
    { by, group },
  ],
};

/**
 * Checks a command that comes from outside: over the control socket, or from the status page. An unknown key is
 * refused: it may be misspelt.
 * @throws ConfigError that names what is wrong, what was given and what is allowed.
 */
export function checkCommand(raw: unknown): Command {
  const kind = isFields(raw) ? raw['kind'] : undefined;
  if (!isFields(raw) || !isText(kind) || !isKind(kind)) {
    const allowed = Object.keys(SHAPES).join(', ');
    throw refused(`command.kind must be one of ${allowed}, got ${show(kind)}`);
  }
  const [shape, ...others] = SHAPES[kind];
  const problem = problemOf(shape, raw);
  if (problem === undefined || others.some((other) => problemOf(other, raw) === undefined))
    return raw as unknown as Command;
  if (others.length === 0) throw refused(problem);
  throw refused(`command needs to, ${to.allowed}, or by, ${by.allowed}, got ${show(raw)}`);
}

function isKind(kind: string): kind is Command['kind'] {
  return Object.hasOwn(SHAPES, kind);
}

/** Undefined: the fields have that shape. */
function problemOf(shape: Shape, fields: MessageFields): string | undefined {
  for (const [key, { allowed, holds, isOptional }] of Object.entries(shape)) {
    const value = fields[key];
    if (holds(value) || (isOptional && value === undefined)) continue;
    return `command.${key} must be ${allowed}, got ${show(value)}`;
  }
  const strange = Object.keys(fields).find((key) => key !== 'kind' && !Object.hasOwn(shape, key));
  return strange === undefined
    ? undefined
    : `command.${strange} is not a key of this command, got ${show(fields)}`;
}

function refused(problem: string): ConfigError {
  return new ConfigError('ERR_CONFIG_INVALID', `${problem}.`);
}
