import { autoscaleFaults, isAutoscale, type Autoscale } from './autoscale-value';
import { common, optional, type Facts, type KeyBody, type KeyForm, type OptionalFacts } from './key-body';
import {
  countReader,
  instanceReader,
  orNone,
  readAccount,
  readExitCodes,
  readListenAddress,
  readMask,
  readMemoryLimit,
  readSignal,
  secretReader,
  type AutomaticCount,
  type Reader,
} from './key-readers';
import { isWords, nodeFlagFaults, NODE_FLAGS_ALLOWED } from './node-flags';
import { showKind } from './show';
import { readWatch, WATCH_ALLOWED } from './watch-globs';

/** A number of processes; 'auto' depends on the CPUs that this process may use. */
export function processCount(
  auto: AutomaticCount,
  facts: Facts<number | 'auto'>,
): KeyBody<'integer', number, number | 'auto'> {
  const allowed = "an integer >= 1 or 'auto'";
  const form: KeyForm = { type: 'count', auto };
  return { kind: 'integer', form, read: countReader(auto), allowed, unit: undefined, ...common(facts) };
}

/** Where a service of the engine listens, or no address; normalized by parseListenAddress() in EngineConfig. */
export function listenAddress(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'string', string | undefined, string | number | null> {
  const allowed =
    "'host:port', '[IPv6 address]:port', ':port' or a port for loopback, or the path of a unix socket with a slash in it";
  const form: KeyForm = { type: 'listen address' };
  return {
    kind: 'string',
    form,
    read: orNone(readListenAddress),
    allowed,
    unit: undefined,
    ...optional(facts),
  };
}

/** A secret text, or none. A refused value is not shown. */
export function secret(
  { least }: { readonly least: number },
  facts: OptionalFacts<string | null>,
): KeyBody<'string', string | undefined, string | null> {
  const allowed = `a text of at least ${least} characters`;
  return {
    kind: 'string',
    form: { type: 'secret', least },
    read: orNone(secretReader(least)),
    allowed,
    faults: (given) => [
      ` must be ${allowed}, got ${typeof given === 'string' ? `one of ${given.length}` : showKind(given)}`,
    ],
    unit: undefined,
    ...optional(facts),
  };
}

/** A user or a group; digits are its number. Whether it exists is checked when the identity is resolved. */
export function account(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'string', string | undefined, string | number | null> {
  const form: KeyForm = { type: 'account', isOptional: true };
  const allowed = 'a name or a number';
  return { kind: 'string', form, read: orNone(readAccount), allowed, unit: undefined, ...optional(facts) };
}

/** The permissions of a file. Strings are octal, as for chmod; numbers are taken as they are. */
export function fileMode(facts: Facts<string | number>): KeyBody<'mask', number, string | number> {
  const form: KeyForm = { type: 'mask', isOptional: false };
  const allowed = "an octal string such as '640', or a number from 0 to 0o777 (511)";
  return { kind: 'mask', form, read: readMask, allowed, unit: 'octal', ...common(facts) };
}

/** A file mode mask. Strings are octal, as for chmod; numbers are taken as they are. */
export function mask(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'mask', number | undefined, string | number | null> {
  const form: KeyForm = { type: 'mask', isOptional: true };
  const allowed = "an octal string such as '027', or a number from 0 to 0o777 (511)";
  return { kind: 'mask', form, read: orNone(readMask), allowed, unit: 'octal', ...optional(facts) };
}

const SIGNAL_ALLOWED =
  "the name of a signal such as 'USR2' or 'SIGUSR2' (not KILL or STOP, nor one that the system sends by itself)";

/** A signal by name, with or without SIG; 'SIGUSR2' in EngineConfig. */
export function signalOrDefault(facts: Facts<string>): KeyBody<'signal', NodeJS.Signals, string> {
  const form: KeyForm = { type: 'signal', isOptional: false };
  return {
    kind: 'signal',
    form,
    read: readSignal,
    allowed: SIGNAL_ALLOWED,
    unit: undefined,
    ...common(facts),
  };
}

/** The same; no value (or null) means none. */
export function signalName(
  facts: OptionalFacts<string | null>,
): KeyBody<'signal', NodeJS.Signals | undefined, string | null> {
  const form: KeyForm = { type: 'signal', isOptional: true };
  const read = orNone(readSignal);
  return { kind: 'signal', form, read, allowed: SIGNAL_ALLOWED, unit: undefined, ...optional(facts) };
}

/** A list of exit codes. */
export function exitCodes(
  facts: Facts<readonly number[]>,
): KeyBody<'list', readonly number[], readonly number[]> {
  const form: KeyForm = { type: 'exit codes' };
  const allowed = 'a list of exit codes (integers from 0 to 255)';
  return { kind: 'list', form, read: readExitCodes, allowed, unit: 'exit codes', ...common(facts) };
}

/**
 * Memory that a worker may use: in bytes, with a unit, or as a share of the container's memory; bytes in EngineConfig.
 */
export function memoryLimit(
  facts: OptionalFacts<number | string | null>,
): KeyBody<'size', number | undefined, number | string | null> {
  const allowed = "bytes > 0, a size like '512MB', or a share of the container's memory like '20%'";
  const read = orNone(readMemoryLimit);
  return {
    kind: 'size',
    form: { type: 'memory limit' },
    read,
    allowed,
    unit: 'bytes',
    ...optional(facts),
  };
}

/** Bounds for a number of workers that follows their load, or none. */
export function autoscale(
  facts: OptionalFacts<Autoscale | null>,
): KeyBody<'object', Autoscale | undefined, Autoscale | null> {
  return {
    kind: 'object',
    form: { type: 'autoscale' },
    read: orNone(instanceReader(isAutoscale)),
    allowed: 'an object { min, max, target } with integers 1 <= min <= max, and 0 < target < 1',
    faults: autoscaleFaults,
    unit: undefined,
    ...optional(facts),
  };
}

/** Node flags for a process, or none. */
export function nodeFlagList(
  facts: OptionalFacts<readonly string[] | null>,
): KeyBody<'list', readonly string[] | undefined, readonly string[] | null> {
  const read: Reader<readonly string[]> = (given) =>
    isWords(given) && nodeFlagFaults(given).length === 0 ? { value: given } : undefined;
  return {
    kind: 'list',
    form: { type: 'node flags' },
    read: orNone(read),
    allowed: NODE_FLAGS_ALLOWED,
    faults: nodeFlagFaults,
    unit: undefined,
    ...optional(facts),
  };
}

/** Names of modules, or none. */
export function moduleNames(
  facts: OptionalFacts<readonly string[] | null>,
): KeyBody<'list', readonly string[] | undefined, readonly string[] | null> {
  const read: Reader<readonly string[]> = (given) => (isWords(given) ? { value: given } : undefined);
  const allowed = "a list of module names such as ['express', './routes.js']";
  return {
    kind: 'list',
    form: { type: 'module names' },
    read: orNone(read),
    allowed,
    unit: undefined,
    ...optional(facts),
  };
}

/** Files to watch, or none. */
export function watchGlobs(
  facts: OptionalFacts<boolean | string | readonly string[] | null>,
): KeyBody<'list', readonly string[] | undefined, boolean | string | readonly string[] | null> {
  return {
    kind: 'list',
    form: { type: 'watch' },
    read: orNone(readWatch),
    allowed: WATCH_ALLOWED,
    unit: undefined,
    ...optional(facts),
  };
}
