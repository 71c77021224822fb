import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  explainView,
  isInFileCall,
  kernelView,
  parseSyscall,
  readKernelView,
  type KernelView,
  type ProcReader,
} from '../../../src/hang/kernel-view';

function proc(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): ProcReader {
  return {
    file: (name) => files[name],
    link: (name) => links[name],
    nameOf: (pid) => (pid === '8' ? 'sleep' : undefined),
  };
}

describe(kernelView, () => {
  it('names the system call, its file, and the kernel function', () => {
    const view = kernelView(
      proc(
        { stat: '7 (my (odd) node) S 1 7', wchan: 'anon_pipe_read', syscall: '0 0x13 0x34f7fde0 0x1' },
        { 'fd/19': '/run/fifo' },
      ),
      'x64',
    );
    expect(view).toEqual({ state: 'S', wchan: 'anon_pipe_read', syscall: 'read', file: '/run/fifo' });
  });

  it('names the child processes', () => {
    const files = {
      stat: '7 (node) S 1',
      wchan: 'do_epoll_wait',
      syscall: '281 0x13',
      children: '8 9 ',
    };
    expect(kernelView(proc(files), 'x64')).toMatchObject({
      syscall: 'epoll_pwait',
      children: ['sleep (pid 8)', 'ended (pid 9)'],
    });
  });

  it('omits what it may not read', () => {
    expect(kernelView(proc({ stat: '7 (node) R 1', wchan: '0' }), 'x64')).toEqual({ state: 'R' });
  });

  it('is undefined for a process that is gone', () => {
    expect(kernelView(proc({}), 'x64')).toBeUndefined();
  });
});

describe(parseSyscall, () => {
  it.each([
    ['running', 'x64', undefined],
    ['-1 0x7ffd 0x0', 'x64', undefined],
    [undefined, 'x64', undefined],
    ['202 0x1 0x80', 'x64', { name: 'futex', fd: undefined }],
    ['63 0x5 0x0', 'arm64', { name: 'read', fd: 5 }],
    ['0 0x5 0x0', 's390x', { name: 'syscall 0', fd: undefined }],
  ])('parses %s on %s', (text, arch, expected) => {
    expect(parseSyscall(text, arch)).toEqual(expected);
  });
});

describe(explainView, () => {
  it.each<[KernelView, string]>([
    [{ state: 'T' }, 'it was stopped by a signal'],
    [{ state: 'R' }, 'it is busy in native code'],
    [{ state: 'D', syscall: 'fsync' }, 'it waits for a device in fsync'],
    [{ state: 'S', syscall: 'read', file: '/run/fifo' }, 'it waits in the system call read of /run/fifo'],
    [
      { state: 'S', syscall: 'epoll_pwait', children: ['sleep (pid 8)'] },
      'it waits, perhaps for its child process sleep (pid 8)',
    ],
    [{ state: 'S' }, 'it waits in the kernel'],
  ])('explains %j: %s', (view, text) => {
    expect(explainView(view, true)).toBe(text);
  });

  it('does not blame native code when nothing was tried', () => {
    expect(explainView({ state: 'R' }, false)).toBe('it is busy');
  });
});

describe(isInFileCall, () => {
  it.each<[KernelView, boolean]>([
    [{ state: 'S', syscall: 'read' }, true],
    [{ state: 'S', syscall: 'futex' }, false],
    [{ state: 'S', syscall: 'epoll_pwait' }, false],
    [{ state: 'R', syscall: 'read' }, false],
    [{ state: 'S' }, false],
  ])('knows whether %j waits in a call on a file: %s', (view, expected) => {
    expect(isInFileCall(view)).toBe(expected);
  });
});

describe(readKernelView, () => {
  it('reads a waiting process', async () => {
    const child = spawn('sleep', ['30'], { stdio: 'ignore' });
    await once(child, 'spawn');
    try {
      expect(readKernelView(child.pid!)?.state).toMatch(/^[RSD]$/);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(readKernelView(child.pid!)).toBeUndefined();
  });
});
