import { spawnSync } from 'node:child_process';
import { parseSignal, sendSignal } from '../../../src/common/signals';

function failWith(code: string): void {
  jest.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error(`kill ${code}`), { code });
  });
}

describe('sendSignal', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it("returns 'gone' for an ended process (PARITY: Escalation)", () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    expect(sendSignal(pid, 'SIGCONT')).toBe('gone');
  });

  it("returns 'sent' for a live process", () => {
    expect(sendSignal(process.pid, 'SIGCONT')).toBe('sent');
  });

  it.each(['ESRCH', 'ECHILD', 'EPERM'])(
    "returns 'gone' for %s and does not throw (PARITY: Escalation)",
    (code) => {
      failWith(code);
      expect(sendSignal(4711, 'SIGTERM')).toBe('gone');
    },
  );

  it('throws any other error', () => {
    failWith('EINVAL');
    expect(() => sendSignal(4711, 'SIGTERM')).toThrow('kill EINVAL');
  });
});

describe('parseSignal', () => {
  it.each(['TERM', 'SIGTERM', 'sigterm', 'term', ' Term '])('reads %p as SIGTERM', (name) => {
    expect(parseSignal(name)).toBe('SIGTERM');
  });

  it.each(['', 'SIG', 'NOPE', '15', 'SIGSIGTERM', '__proto__', 'toString'])('rejects %p', (name) => {
    expect(parseSignal(name)).toBeUndefined();
  });
});
