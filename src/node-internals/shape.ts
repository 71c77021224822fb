import { ServerEngineError } from '../common/errors';

/** An internal of Node that comes without a guarantee, and is used anyway. */
export interface Internal {
  /** As you would search for it in Node's source. */
  readonly name: string;
  /** private: not documented by Node. patch: a documented method that we wrap. */
  readonly kind: 'private' | 'patch';
  /** The shape that is checked. */
  readonly expected: string;
  readonly usedFor: string;
  /** What happens if Node has another shape. */
  readonly without: string;
}

const WARNED = new Set<string>();

/** @throws ServerEngineError when this version of Node lacks it, or has another shape. */
export function mustHave(internal: Internal, isThere: boolean): void {
  if (!isThere) throw new ServerEngineError('ERR_NODE_INTERNALS', differs(internal));
}

/** For internals that the engine can do without. Warns once. Returns whether it is there. */
export function warnUnlessThere(internal: Internal, isThere: boolean): boolean {
  if (!isThere && !WARNED.has(internal.name)) {
    WARNED.add(internal.name);
    process.emitWarning(differs(internal), { code: 'SERVERENGINE_NODE_INTERNALS' });
  }
  return isThere;
}

function differs({ name, expected, without }: Internal): string {
  return (
    `Node ${process.versions.node} has another ${name} than serverengine expects (${expected}). ${without} ` +
    'Use a version of Node that serverengine was tested on, and report this one to its authors.'
  );
}

export function hasMethods(object: unknown, ...names: readonly string[]): boolean {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return false;
  return names.every((name) => typeof Reflect.get(object, name) === 'function');
}
