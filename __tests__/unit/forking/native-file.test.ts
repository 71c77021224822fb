import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const SCRIPT = join(ROOT, 'scripts/native.mjs');
const HOST = join(ROOT, 'native/host.c');

const MACHINES = { x64: 62, arm64: 183 } as const;
type Arch = keyof typeof MACHINES;

/** What glibc since 2.28 and musl since 1.2 have, under these names and with the same meaning of each argument. */
const C_LIBRARY = new Set(
  (
    '__errno_location _exit alarm calloc close dup2 dup3 epoll_create1 eventfd fcntl fflush fork free getpid getppid ' +
    'madvise memcpy memmove memset mmap open pipe2 poll prctl pthread_attr_destroy pthread_attr_init ' +
    'pthread_attr_setdetachstate pthread_attr_setstacksize pthread_create read readlink recv recvmsg send sendmsg ' +
    'sigaction sigfillset sigprocmask snprintf socketpair strchr strcmp strlen strncmp strstr usleep vfork waitid waitpid write'
  ).split(' '),
);

/** Compiled from the present source, for each platform that there is a compiler for. */
const built = mkdtempSync(join(tmpdir(), 'se-'));
spawnSync(process.execPath, [SCRIPT, '--all', '--into', built], { stdio: 'ignore' });
const fileOf = (arch: Arch): string => join(built, `fork-linux-${arch}.node`);
const architectures = (Object.keys(MACHINES) as Arch[]).filter((arch) => existsSync(fileOf(arch)));
const ifAny = architectures.length > 0 ? describe : describe.skip;

interface Elf {
  readonly machine: number;
  readonly imports: readonly string[];
  /** How many libraries it names. */
  readonly needed: number;
}

const SECTION = { dynamic: 6, dynsym: 11 };
const NEEDED = 1;

/** Of a little-endian file of 64 bits. */
function readElf(path: string): Elf {
  const bytes = readFileSync(path);
  const long = (at: number): number => Number(bytes.readBigUInt64LE(at));
  const sectionAt = (index: number): number => long(0x28) + index * bytes.readUInt16LE(0x3a);
  const sections = Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, index) => {
    const at = sectionAt(index);
    const strings = long(sectionAt(bytes.readUInt32LE(at + 0x28)) + 0x18);
    return { type: bytes.readUInt32LE(at + 4), from: long(at + 0x18), size: long(at + 0x20), strings };
  });
  const entries = (type: number, size: number): { at: number; strings: number }[] =>
    sections
      .filter((section) => section.type === type)
      .flatMap(({ from, size: all, strings }) =>
        Array.from({ length: all / size }, (_, index) => ({ at: from + index * size, strings })),
      );
  const textAt = (at: number): string => bytes.toString('latin1', at, bytes.indexOf(0, at));
  return {
    machine: bytes.readUInt16LE(0x12),
    imports: entries(SECTION.dynsym, 24)
      .filter(({ at }) => bytes.readUInt16LE(at + 6) === 0)
      .map(({ at, strings }) => textAt(strings + bytes.readUInt32LE(at)))
      .filter((name) => name !== ''),
    needed: entries(SECTION.dynamic, 16).filter(({ at }) => long(at) === NEEDED).length,
  };
}

function runs(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

interface Platform {
  readonly arch: Arch;
  readonly compiler: string;
  readonly runner: readonly string[];
}

// Debian's paths. On other systems fewer of them are tried.
const PLATFORMS: Readonly<Record<string, Platform>> = {
  'glibc on this CPU': { arch: process.arch as Arch, compiler: 'cc', runner: [] },
  'musl on this CPU': { arch: process.arch as Arch, compiler: 'musl-gcc', runner: [] },
  'glibc on an emulated arm64': {
    arch: 'arm64',
    compiler: 'aarch64-linux-gnu-gcc',
    runner: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
  },
};

afterAll(() => rmSync(built, { recursive: true, force: true }));

ifAny('the native file', () => {
  it.each(architectures)('for %s needs no library and no symbol that a C library may lack', (arch) => {
    const { machine, imports, needed } = readElf(fileOf(arch));
    expect({ machine, needed }).toEqual({ machine: MACHINES[arch], needed: 0 });
    expect(imports.filter((name) => !/^(?:napi_|uv_|_ZN2v8)/.test(name) && !C_LIBRARY.has(name))).toEqual([]);
    expect(imports).toContain('fork');
  });

  for (const [name, { arch, compiler, runner }] of Object.entries(PLATFORMS)) {
    const canRun = architectures.includes(arch) && [compiler, ...runner.slice(0, 1)].every(runs);
    (canRun ? it : it.skip)(`forks with ${name}`, () => {
      const host = join(built, `host-${compiler}`);
      const args = [
        '-std=gnu11',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-rdynamic',
        '-o',
        host,
        HOST,
        '-ldl',
        '-pthread',
      ];
      expect(spawnSync(compiler, args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      const [command, ...rest] = [...runner, host, fileOf(arch)];
      const { stdout, status } = spawnSync(command, rest, { encoding: 'utf8', timeout: 60_000 });
      expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(/^ok/) as string, status: 0 });
    });
  }
});
