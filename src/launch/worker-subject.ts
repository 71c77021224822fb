import type { Subject } from '../common/subject';
import { workerName } from '../common/worker-name';
import { workerOrigin, type LogOrigin } from '../record/record';
import type { WorkerIdentity } from '../pool/worker-handle';

/** The identity of a worker in the log: none yet while it waits in reserve. */
export class WorkerSubject implements Subject {
  readonly #group: string | undefined;
  readonly #own: Readonly<Record<string, unknown>>;
  #who: WorkerIdentity | undefined;

  /** @param own fields that it has in any case. */
  constructor(who: WorkerIdentity | { readonly group: string | undefined }, own: object = {}) {
    this.#group = who.group;
    this.#own = { ...own };
    if ('workerId' in who) this.#who = who;
  }

  become(who: WorkerIdentity): void {
    this.#who = who;
  }

  /** @throws Error: it has none yet. */
  get workerId(): number {
    if (!this.#who) throw new Error('a standby worker has no id');
    return this.#who.workerId;
  }

  get label(): string {
    if (this.#who) return workerName(this.#who);
    return this.#group === undefined ? 'standby worker' : `standby worker of ${this.#group}`;
  }

  get fields(): Readonly<Record<string, unknown>> {
    const group = this.#group === undefined ? {} : { group: this.#group };
    return { ...(this.#who ?? group), ...this.#own };
  }

  /** The origin of its raw output. */
  origin(pid: number): LogOrigin {
    if (!this.#who) return { role: 'standby', group: this.#group, pid };
    return workerOrigin(this.#who, pid);
  }
}

/** The process that the workers of a group are forked from, in the log. */
export class TemplateSubject extends WorkerSubject {
  override get label(): string {
    const { group } = this.fields;
    return typeof group === 'string' ? `the template of ${group}` : 'the template';
  }

  override origin(pid: number): LogOrigin {
    return { ...super.origin(pid), role: 'template' };
  }
}
