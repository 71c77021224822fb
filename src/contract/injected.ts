import { ConfigError } from '../common/errors';

/**
 * Defines the injected properties as accessors that cannot be redefined: a subclass that declares `config!: X` under
 * useDefineForClassFields then fails in its constructor, instead of reading undefined for ever. explainHidden() says why.
 */
export function defineInjected(target: object, getters: Readonly<Record<string, () => unknown>>): void {
  for (const [name, get] of Object.entries(getters)) {
    Object.defineProperty(target, name, { get, enumerable: false, configurable: false });
  }
}

const REDEFINED = /^Cannot redefine property: (\w+)/;
const READ_ONLY = /^Cannot set property (\w+) of/;

/** Runs a constructor; a hidden injected field becomes a ConfigError that names the field and the cure. */
export function explainHidden<T>(className: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const message = error instanceof TypeError ? error.message : '';
    const field = (REDEFINED.exec(message) ?? READ_ONLY.exec(message))?.[1];
    if (field === undefined) throw error;
    throw new ConfigError(
      'ERR_FIELD_HIDDEN',
      `${className} declares the injected property '${field}' again, which would hide it. ` +
        `Write 'declare ${field}: …' instead of '${field}!: …', or give the type as a class argument: Worker<MyConfig, MyServer>.`,
      { cause: error },
    );
  }
}

/** @throws ConfigError if a Worker or Server is created without its context. */
export function requireContext(context: unknown, className: string, kind: 'Worker' | 'Server'): void {
  if (typeof context === 'object' && context !== null) return;
  throw new ConfigError(
    'ERR_INJECTION',
    `${className} was created without its ${kind}Context, got ${String(context)}. ` +
      `Put @${kind.toLowerCase()}({…}) on the class, and let its own constructor call super(context) with its first parameter. ` +
      `Your own container knows the class if 'reflect-metadata' was imported before it.`,
  );
}
