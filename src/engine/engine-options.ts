import type { DependencyContainer } from 'tsyringe';

/** Options of `ServerEngine.create`. */
export interface CreateOptions {
  /** The container that creates Server and Worker; each gets a child container of it. Default: tsyringe's own. */
  readonly container?: DependencyContainer;
  /**
   * The script that worker processes run. Default: the script that was started. Another script must create the same engine
   * as its first one.
   */
  readonly entry?: string;
}

/** The workers that a command is for. */
export interface GroupOptions {
  /** The name of a group. Default: all groups. Each class of workers is a group, by default with the name of the class. */
  readonly group?: string | undefined;
}
