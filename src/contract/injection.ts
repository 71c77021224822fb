import { ConfigError } from '../common/errors';
import { INJECTION_TOKENS, makeResolvable, type Tokens } from './container';
import { readTokens, writeTokens } from './metadata';
import { metadataReflect } from './reflect';

type Constructor = new (...args: never[]) => object;

/**
 * Makes a class resolvable: its first parameter is the context unless the class says otherwise.
 *
 * Without emitDecoratorMetadata tsyringe does not know a constructor's types, and it never inherits the tokens
 * of a base class. This function makes up for both, so that a subclass without a constructor works under every compiler.
 */
export function makeInjectable(target: Constructor, context: Constructor): void {
  const metadata = metadataReflect();
  const hasOwnTypes = metadata?.getOwnMetadata('design:paramtypes', target) !== undefined;
  const inherits = target.length === 0 && !hasOwnTypes && ownTokens(target) === undefined;
  const tokens = inherits ? inheritedTokens(target) : { ...ownTokens(target) };
  const types = (metadata?.getMetadata('design:paramtypes', target) ?? []) as readonly unknown[];
  if (!(0 in tokens) && (types[0] === undefined || types[0] === Object)) {
    Object.assign(tokens, { 0: context });
  }
  for (let index = 1; index < target.length; index += 1) {
    if (index in tokens || (types[index] !== undefined && types[index] !== Object)) continue;
    throw new ConfigError(
      'ERR_INJECTION',
      `${target.name}: nothing says what to inject as constructor parameter ${index + 1}. ` +
        `Write @inject(TOKEN) before it, or compile with emitDecoratorMetadata.`,
    );
  }
  writeTokens(target, tokens);
  makeResolvable({ target, tokens });
}

/** Whether the constructor of an injectable class takes only its context: then no container is needed. */
export function takesContextOnly(target: object, context: Constructor): boolean {
  const tokens = readTokens(target);
  if (!tokens) return false;
  const types = (metadataReflect()?.getMetadata('design:paramtypes', target) ?? []) as readonly unknown[];
  const indexes = new Set([...Object.keys(tokens), ...Object.keys(types)]);
  return indexes.size === 1 && (tokens[0] ?? types[0]) === context;
}

function ownTokens(target: object): Tokens | undefined {
  const ofOthers = metadataReflect()?.getOwnMetadata(INJECTION_TOKENS, target) as Tokens | undefined;
  return ofOthers ?? readTokens(target);
}

function inheritedTokens(target: Constructor): Record<number, unknown> {
  const base: unknown = Object.getPrototypeOf(target);
  if (typeof base !== 'function') return {};
  return { ...(ownTokens(base) ?? inheritedTokens(base as Constructor)) };
}
