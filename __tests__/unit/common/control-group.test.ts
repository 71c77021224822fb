import { groupFolders, usableProcessors, type ReadText } from '../../../src/common/control-group';

const PRESENT = 16;

function files(texts: Readonly<Record<string, string>>): ReadText {
  return (file) => texts[file];
}

describe('groupFolders', () => {
  it('lists the folders from our own group to the outermost one', () => {
    const read = files({ '/proc/self/cgroup': '4:memory:/a/b\n0::/slice/unit\n' });
    expect(groupFolders('memory', read)).toEqual({
      v1: ['/sys/fs/cgroup/memory/a/b', '/sys/fs/cgroup/memory/a', '/sys/fs/cgroup/memory'],
      v2: ['/sys/fs/cgroup/slice/unit', '/sys/fs/cgroup/slice', '/sys/fs/cgroup'],
    });
  });

  it.each([
    ['2:cpu,cpuacct:/x\n', ['/sys/fs/cgroup/cpu/x', '/sys/fs/cgroup/cpu']],
    ['2:cpuacct,cpu:/\n', ['/sys/fs/cgroup/cpu']],
    ['2:cpuacct:/x\n3:cpuset:/y\n', []],
    ['', []],
  ])('finds the controller among several: %j', (groups, v1) => {
    expect(groupFolders('cpu', files({ '/proc/self/cgroup': groups })).v1).toEqual(v1);
  });
});

describe('usableProcessors', () => {
  const V1 = '/sys/fs/cgroup/cpu';
  const V2 = '/sys/fs/cgroup';

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['no control group', {}, PRESENT],
    ['version 2, no limit', { [`${V2}/me/cpu.max`]: 'max 100000\n' }, PRESENT],
    ['version 2, two processors', { [`${V2}/me/cpu.max`]: '200000 100000\n' }, 2],
    ['version 2, one and a half processors', { [`${V2}/me/cpu.max`]: '150000 100000\n' }, 1],
    ['version 2, nearly four processors', { [`${V2}/me/cpu.max`]: '399999 100000\n' }, 3],
    ['version 2, a tenth of a processor', { [`${V2}/me/cpu.max`]: '10000 100000\n' }, 1],
    ['version 2, more than the machine has', { [`${V2}/me/cpu.max`]: '6400000 100000\n' }, PRESENT],
    [
      'version 2, a smaller limit in the parent group',
      { [`${V2}/me/cpu.max`]: '400000 100000\n', [`${V2}/cpu.max`]: '300000 100000\n' },
      3,
    ],
    [
      'version 1, no limit',
      { [`${V1}/me/cpu.cfs_quota_us`]: '-1\n', [`${V1}/me/cpu.cfs_period_us`]: '100000\n' },
      PRESENT,
    ],
    [
      'version 1, three processors',
      { [`${V1}/me/cpu.cfs_quota_us`]: '300000\n', [`${V1}/me/cpu.cfs_period_us`]: '100000\n' },
      3,
    ],
    [
      "version 1, a container that sees the host's path",
      { [`${V1}/cpu.cfs_quota_us`]: '50000\n', [`${V1}/cpu.cfs_period_us`]: '25000\n' },
      2,
    ],
    [
      'version 1, a smaller limit in the parent group',
      {
        [`${V1}/me/cpu.cfs_quota_us`]: '-1\n',
        [`${V1}/me/cpu.cfs_period_us`]: '100000\n',
        [`${V1}/cpu.cfs_quota_us`]: '250000\n',
        [`${V1}/cpu.cfs_period_us`]: '100000\n',
      },
      2,
    ],
    ['an empty file', { [`${V2}/me/cpu.max`]: '' }, PRESENT],
    ['a quota without a period', { [`${V2}/me/cpu.max`]: '200000\n' }, PRESENT],
    ['a period of 0', { [`${V2}/me/cpu.max`]: '200000 0\n' }, PRESENT],
    ['words', { [`${V2}/me/cpu.max`]: 'two processors\n' }, PRESENT],
  ])('%s', (_name, texts, expected) => {
    const read = files({ '/proc/self/cgroup': '2:cpu,cpuacct:/me\n0::/me\n', ...texts });
    expect(usableProcessors(read, PRESENT)).toBe(expected);
  });
});
