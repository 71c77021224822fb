import type { DependencyContainer } from 'tsyringe';

/** What `ServerEngine.create` takes beside classes and configuration. */
export interface CreateOptions {
  /** The container that makes Server and Worker; each gets a child of it. Default: tsyringe's own. */
  readonly container?: DependencyContainer;
  /**
   * The script that worker processes run. Default: the script that was started. Of another script the first engine
   * that it creates is meant.
   */
  readonly entry?: string;
}

/** Which workers a command is for. */
export interface GroupOptions {
  /** Default: all. A class of workers is a group, with the name of the class. */
  readonly group?: string | undefined;
}
