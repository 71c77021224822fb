import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startChild } from '../../../src/watch/start-child';

jest.mock('node:child_process', () => {
  const actual = jest.requireActual<object>('node:child_process');
  return { ...actual, spawn: jest.fn((actual as { spawn: unknown }).spawn as () => unknown) };
});

const spawned = jest.mocked(spawn);

function systemError(code: string): Error {
  return Object.assign(new Error(`spawn ${code}`), { code, errno: -12, syscall: 'spawn' });
}

describe('startChild', () => {
  it('returns the child of child_process.spawn', async () => {
    const child = startChild(process.execPath, ['-e', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    expect(child.pid).toBeGreaterThan(0);
    expect(child.stdout).not.toBeNull();
    await once(child, 'exit');
  });

  it('turns a throw of spawn() for lack of memory into the error event of a child without a pid', async () => {
    spawned.mockImplementationOnce(() => {
      throw systemError('ENOMEM');
    });
    const child = startChild('node', [], {});
    const failed = once(child, 'error');
    const { pid, stdin, stdout, stderr, stdio, connected } = child;
    expect([pid, stdin, stdout, stderr, connected]).toEqual([undefined, null, null, null, false]);
    expect([...stdio]).toEqual([null, null, null]);
    expect(await failed).toEqual([expect.objectContaining({ code: 'ENOMEM' })]);
    // Node's kill would signal another process, or the whole group of this one.
    expect(Object.hasOwn(child, 'kill')).toBe(true);
    expect(child.kill('SIGKILL')).toBe(false);
  });

  it('throws errors in the arguments', () => {
    expect(() => startChild('node', [], { cwd: 5 as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
  });
});
