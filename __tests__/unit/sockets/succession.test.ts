import { serverSucceeds, workerSucceeds, type Claimant } from '../../../src/sockets/succession';

const worker = (name: string, age: number, group?: string): Claimant => ({ name, age, group });
const names = (...all: string[]): ReadonlySet<string> => new Set(all);

describe(workerSucceeds, () => {
  const [old0, old1] = [worker('0', 1), worker('1', 1)];

  it.each<[string, Claimant, readonly Claimant[], ReadonlySet<string>, boolean]>([
    [
      'a replacement succeeds its predecessor and the others',
      worker('0', 2),
      [old0, old1],
      names('0', '1'),
      true,
    ],
    [
      'the replacement of a dead worker with new code and the same config succeeds the others',
      worker('0', 1),
      [old1],
      names('0', '1'),
      true,
    ],
    [
      'an additional worker with a newer config succeeds',
      worker('2', 2),
      [old0, old1],
      names('0', '1'),
      true,
    ],
    [
      'an additional worker with the same config does not',
      worker('2', 1),
      [old0, old1],
      names('0', '1'),
      false,
    ],
    ['the same worker for a second server does not', old0, [old0, old1], names('0', '1'), false],
    ['an old worker does not succeed a newer one', old1, [worker('0', 2)], names('0'), false],
    [
      'a worker of another group does not',
      worker('a/0', 2, 'a'),
      [worker('b/0', 1, 'b')],
      names('a/0', 'b/0'),
      false,
    ],
    ['an old worker does not succeed its own replacement', old0, [worker('0', 2)], names('0'), false],
  ])('%s', (_what, asker, users, had, expected) => {
    expect(workerSucceeds(asker, { users, names: had })).toBe(expected);
  });
});

describe(serverSucceeds, () => {
  it.each([
    ['the next server succeeds', 2, [1], true],
    ['the same server does not: it decides itself', 1, [1], true],
    ['a server that finishes does not', 1, [2], false],
    ['a server between two others succeeds only the older one', 2, [1, 3], false],
  ])('%s', (_what, age, ages, expected) => {
    const users = ages.map((each) => worker('server', each));
    expect(serverSucceeds(worker('server', age), { users, names: names('server') })).toBe(expected);
  });
});
