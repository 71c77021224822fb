import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { loadContainer } from '../contract/container';

/** A mock for a class or token that a constructor injects. */
export interface TestProvider {
  /** The class or token, such as `LOGGER` or a class of your own. */
  readonly provide: InjectionToken;
  /** What the constructor gets for it. */
  readonly useValue: unknown;
}

/**
 * Makes a container with mocks, for classes of your own that are injected: `container.resolve(Mailer)`. Everything
 * without a mock is made as usual. Nothing of it stays in tsyringe's own container.
 */
export function createTestContainer(providers: readonly TestProvider[] = []): DependencyContainer {
  const container = loadContainer().container.createChildContainer();
  for (const { provide, useValue } of providers) container.register(provide, { useValue });
  return container;
}
