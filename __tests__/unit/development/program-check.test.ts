import { systemClock } from '../../../src/common/clock';
import { checkProgram } from '../../../src/development/program-check';

describe('checkProgram', () => {
  it('leaves a program that cannot be checked to the workers', async () => {
    const never = new AbortController().signal;
    // The system rejects the first by a throw (E2BIG), the second by an event (ENOENT).
    const endless = 'x'.repeat(8 * 1024 * 1024);
    for (const [command, argument] of [
      [process.execPath, endless],
      ['/no/such/program', ''],
    ] as const) {
      const program = { command, args: ['main.js', argument], script: 'main.js' };
      expect(await checkProgram(program, systemClock, never)).toBeUndefined();
    }
  });
});
