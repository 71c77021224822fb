import { ServerEngineError } from '../common/errors';

/** An internal part of Node that is not guaranteed, and is used anyway. */
export interface Internal {
  /** As one looks for it in Node's source. */
  readonly name: string;
  /** private: nothing that Node documents. patch: a documented method, with ours around it. */
  readonly kind: 'private' | 'patch';
  /** Its shape. */
  readonly expected: string;
  readonly usedFor: string;
  /** What becomes of it where Node has another shape. */
  readonly without: string;
}

const WARNED = new Set<string>();

/** @throws ServerEngineError when this Node has it not, or otherwise. */
export function mustHave(internal: Internal, isThere: boolean): void {
  if (!isThere) throw new ServerEngineError('ERR_NODE_INTERNALS', differs(internal));
}

/** Where one can go on without. The warning comes once. Returns whether it is there. */
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
    'Use a version of Node that serverengine was tested on, and tell its authors of this one.'
  );
}

export function hasMethods(object: unknown, ...names: readonly string[]): boolean {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return false;
  return names.every((name) => typeof Reflect.get(object, name) === 'function');
}
