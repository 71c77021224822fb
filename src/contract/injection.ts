import 'reflect-metadata';
import { inject, injectable } from 'tsyringe';
import { ConfigError } from '../common/errors';
import { ServerContext, WorkerContext } from './context';
import { CONFIG, LOGGER, SERVER, WORKER_ID } from './tokens';

type Constructor = new (...args: never[]) => object;

// tsyringe's own metadata key: the tokens of constructor parameters, by index.
const INJECTION_TOKENS = 'injectionTokens';

type Tokens = Readonly<Record<number, unknown>>;

function ownTokens(target: object): Tokens | undefined {
  return Reflect.getOwnMetadata(INJECTION_TOKENS, target) as Tokens | undefined;
}

/**
 * Makes a class resolvable: its first parameter is the context unless something else was said.
 *
 * Without emitDecoratorMetadata tsyringe knows nothing of a constructor's types, and it does not inherit the tokens
 * of a base class: both are mended here, so that a subclass without a constructor works under every compiler.
 */
export function makeInjectable(target: Constructor, context: Constructor): void {
  const hasOwnTypes = Reflect.hasOwnMetadata('design:paramtypes', target);
  const inherits = target.length === 0 && !hasOwnTypes && ownTokens(target) === undefined;
  const tokens = inherits ? inheritedTokens(target) : { ...ownTokens(target) };
  const types = (Reflect.getMetadata('design:paramtypes', target) ?? []) as readonly unknown[];
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
  Reflect.defineMetadata(INJECTION_TOKENS, tokens, target);
  injectable()(target);
}

function inheritedTokens(target: Constructor): Record<number, unknown> {
  const base: unknown = Object.getPrototypeOf(target);
  if (typeof base !== 'function') return {};
  return { ...(ownTokens(base) ?? inheritedTokens(base as Constructor)) };
}

// The contexts themselves, so that a plain child container with mocks for the tokens can make a worker.
inject(CONFIG)(WorkerContext, undefined, 0);
inject(LOGGER)(WorkerContext, undefined, 1);
inject(SERVER, { isOptional: true })(WorkerContext, undefined, 2);
inject(WORKER_ID, { isOptional: true })(WorkerContext, undefined, 3);
injectable()(WorkerContext);
inject(CONFIG)(ServerContext, undefined, 0);
inject(LOGGER)(ServerContext, undefined, 1);
injectable()(ServerContext);
