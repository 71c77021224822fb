import { z } from 'zod';
import type { Command } from '../commands/command';
import { ConfigError } from '../common/errors';
import { show } from '../config/show';

const group = z.string().min(1).optional();
const count = z.int().min(0);

/** One for each kind; a key that a kind does not have is refused, as it may be a misspelt one. */
const KINDS: Readonly<Record<Command['kind'], z.ZodType<Command>>> = {
  stop: z.strictObject({ kind: z.literal('stop'), graceful: z.boolean() }),
  restart: z.strictObject({ kind: z.literal('restart'), graceful: z.boolean(), group }),
  reload: z.strictObject({ kind: z.literal('reload') }),
  detach: z.strictObject({ kind: z.literal('detach') }),
  upgrade: z.strictObject({ kind: z.literal('upgrade') }),
  dump: z.strictObject({ kind: z.literal('dump'), worker: count.optional(), group }),
  scale: z.union([
    z.strictObject({ kind: z.literal('scale'), to: count, group }),
    z.strictObject({ kind: z.literal('scale'), by: z.int(), group }),
  ]),
};

/** @throws ConfigError that names what is wrong, what was given and what is allowed. */
export function checkCommand(raw: unknown): Command {
  const kind: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, 'kind') : undefined;
  if (typeof kind !== 'string' || !isKind(kind)) {
    const allowed = Object.keys(KINDS).join(', ');
    throw refused(`command.kind must be one of ${allowed}, got ${show(kind)}`);
  }
  const result = KINDS[kind].safeParse(raw);
  if (result.success) return result.data;
  throw refused(problemOf(result.error.issues[0], raw));
}

function isKind(kind: string): kind is Command['kind'] {
  return Object.hasOwn(KINDS, kind);
}

function problemOf(issue: z.core.$ZodIssue | undefined, raw: unknown): string {
  if (issue?.code === 'unrecognized_keys') {
    return `command.${String(issue.keys[0])} is not a key of this command, got ${show(raw)}`;
  }
  if (issue?.code === 'invalid_union')
    return `command needs to, an integer >= 0, or by, an integer, got ${show(raw)}`;
  const path = (issue?.path ?? []).map(String);
  const given = path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    raw,
  );
  const allowed =
    path.at(-1) === 'graceful' ? 'true or false' : path.at(-1) === 'group' ? 'a name' : 'an integer >= 0';
  return `${['command', ...path].join('.')} must be ${allowed}, got ${show(given)}`;
}

function refused(problem: string): ConfigError {
  return new ConfigError('ERR_CONFIG_INVALID', `${problem}.`);
}
