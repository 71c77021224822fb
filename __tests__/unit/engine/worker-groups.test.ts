import { Worker, worker } from 'serverengine';
import { groupNamed, groupNames, workerGroups } from '../../../src/engine/worker-groups';

@worker()
class Web extends Worker {
  override run(): void {}
}

@worker({ name: 'queue' })
class QueueWorker extends Worker {
  override run(): void {}
}

class Unmarked extends Worker {
  override run(): void {}
}

const named = (name: unknown) => {
  class Other extends Worker {
    override run(): void {}
  }
  worker({ name: name as string })(Other);
  return Other;
};

describe('the groups of workers of an engine', () => {
  it('have the names of their classes, or those of the decorator', () => {
    const groups = workerGroups([Web, QueueWorker]);
    expect(groupNames(groups)).toEqual(['Web', 'queue']);
    expect(groupNamed(groups, 'queue').workerClass).toBe(QueueWorker);
    expect(groupNamed(groups, undefined).workerClass).toBe(Web);
  });

  it('are a single group with one class', () => {
    expect(groupNames(workerGroups(Web))).toEqual(['Web']);
  });

  it.each<[string, unknown, string]>([
    ['an empty list', [], 'got an empty list'],
    ['a value that is not a class', [Web, 3], 'must be a subclass of Worker, or a list of them, got 3'],
    ['a class without its mark', [Web, Unmarked], 'Unmarked has no decorator'],
    ['a class twice', [Web, Web], 'the list contains a worker class twice'],
    [
      'a name twice',
      [Web, named('Web')],
      "Web and Other both make a group with the name Web. Give one of them another name: @worker({ name: '…' }).",
    ],
    ['a name that the log cannot show', named('a b'), 'name must be letters, digits'],
    ['a name that is not text', named(7), 'got 7'],
  ])('reject %s', (_what, given, message) => {
    expect(() => workerGroups(given)).toThrow(message);
  });
});
