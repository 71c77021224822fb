import { groupMemory, memoryLimitBytes } from '../../../src/common/group-memory';

const MB = 2 ** 20;
const PRESENT = 8192 * MB;
const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';
const UNLIMITED_V1 = '9223372036854771712\n';

function memoryOf(texts: Readonly<Record<string, string>>) {
  const all: Readonly<Record<string, string>> = {
    '/proc/self/cgroup': '4:memory:/pod/me\n0::/pod/me\n',
    ...texts,
  };
  return groupMemory((file) => all[file], PRESENT);
}

describe('groupMemory', () => {
  it.each<[string, Readonly<Record<string, string>>, number | undefined]>([
    ['no control group', { '/proc/self/cgroup': '' }, undefined],
    ['files that cannot be read', {}, undefined],
    ['version 2, no limit', { [`${V2}/pod/me/memory.max`]: 'max\n' }, undefined],
    ['version 2', { [`${V2}/pod/me/memory.max`]: `${512 * MB}\n` }, 512 * MB],
    [
      'version 2, a smaller limit in the parent group',
      { [`${V2}/pod/me/memory.max`]: `${512 * MB}\n`, [`${V2}/pod/memory.max`]: `${256 * MB}\n` },
      256 * MB,
    ],
    [
      'version 2, a limit only in the parent group',
      { [`${V2}/pod/me/memory.max`]: 'max\n', [`${V2}/pod/memory.max`]: `${256 * MB}\n` },
      256 * MB,
    ],
    ['version 2, as much as the machine has', { [`${V2}/pod/me/memory.max`]: `${PRESENT}\n` }, undefined],
    ['version 1, no limit', { [`${V1}/pod/me/memory.limit_in_bytes`]: UNLIMITED_V1 }, undefined],
    ['version 1', { [`${V1}/pod/me/memory.limit_in_bytes`]: `${300 * MB}\n` }, 300 * MB],
    [
      "version 1, a container that sees the host's path",
      { [`${V1}/memory.limit_in_bytes`]: `${300 * MB}\n` },
      300 * MB,
    ],
    [
      'both versions at once',
      {
        [`${V1}/pod/memory.limit_in_bytes`]: `${300 * MB}\n`,
        [`${V2}/pod/me/memory.max`]: `${400 * MB}\n`,
      },
      300 * MB,
    ],
    ['a limit of 0', { [`${V2}/pod/me/memory.max`]: '0\n' }, 0],
    ['an empty file', { [`${V2}/pod/me/memory.max`]: '' }, undefined],
    ['words', { [`${V2}/pod/me/memory.max`]: 'half of it\n' }, undefined],
    ['a negative limit', { [`${V2}/pod/me/memory.max`]: '-1\n' }, undefined],
  ])('the limit: %s', (_name, texts, expected) => {
    expect(memoryOf(texts)?.limitBytes).toBe(expected);
  });

  it('returns the use of the group whose limit counts, without caches', () => {
    const used = memoryOf({
      [`${V2}/pod/me/memory.max`]: `${512 * MB}\n`,
      [`${V2}/pod/me/memory.current`]: `${1 * MB}\n`,
      [`${V2}/pod/memory.max`]: `${256 * MB}\n`,
      [`${V2}/pod/memory.current`]: `${200 * MB}\n`,
      [`${V2}/pod/memory.stat`]: `anon 1\nfile 2\ninactive_file ${50 * MB}\nactive_file 3\n`,
    });
    expect(used).toEqual({ limitBytes: 256 * MB, usedBytes: 150 * MB });
  });

  it('returns the use in version 1, with that of the child groups', () => {
    const used = memoryOf({
      [`${V1}/pod/memory.limit_in_bytes`]: `${256 * MB}\n`,
      [`${V1}/pod/memory.usage_in_bytes`]: `${200 * MB}\n`,
      [`${V1}/pod/memory.stat`]: `inactive_file ${1 * MB}\ntotal_inactive_file ${20 * MB}\n`,
    });
    expect(used).toEqual({ limitBytes: 256 * MB, usedBytes: 180 * MB });
  });

  it('omits the use when the kernel does not report it', () => {
    expect(memoryOf({ [`${V2}/pod/me/memory.max`]: `${512 * MB}\n` })).toEqual({
      limitBytes: 512 * MB,
      usedBytes: undefined,
    });
  });
});

describe('memoryLimitBytes', () => {
  it('returns only the limit', () => {
    const texts: Readonly<Record<string, string>> = {
      '/proc/self/cgroup': '0::/me\n',
      [`${V2}/me/memory.max`]: `${512 * MB}\n`,
    };
    expect(memoryLimitBytes((file) => texts[file], PRESENT)).toBe(512 * MB);
    expect(memoryLimitBytes(() => undefined, PRESENT)).toBeUndefined();
  });
});
