import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isServerEngineError } from '../../../src/common/errors';
import { PidFile } from '../../../src/supervisor/pid-file';
import { tempDir } from '../../support/temp-dir';

// No number of a process that could live.
const DEAD_PID = 2 ** 22 + 1;

function takenAndRemoved(path: string): void {
  const file = new PidFile(path);
  expect(readFileSync(path, 'utf8')).toBe(`${String(process.pid)}\n`);
  file.remove();
}

describe('a pid file that somebody else has written', () => {
  it('is replaced whatever it holds, unless that is the pid of a live process', () => {
    const path = join(tempDir(), 'my.pid');
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom(
        '',
        '0',
        '-1',
        '1e3',
        `${String(DEAD_PID)}\n`,
        '99999999999999999999',
        'x'.repeat(100_000),
      ),
    );
    fc.assert(
      fc.property(content, (given) => {
        writeFileSync(path, given);
        try {
          takenAndRemoved(path);
        } catch (error) {
          if (!isServerEngineError(error)) throw error;
          const pid = Number.parseInt(Buffer.from(given as Uint8Array).toString('latin1'), 10);
          expect(error.message).toContain(`belongs to process ${String(pid)}, which is running`);
        }
      }),
    );
  });

  it('may have a lock in which there is anything', () => {
    const path = join(tempDir(), 'my.pid');
    const part = fc.oneof(
      fc.constantFrom('', '-', '.new', String(DEAD_PID), 'abc', '0', '..x'),
      fc.nat().map(String),
    );
    const name = fc
      .array(part, { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('-'))
      .filter((given) => !/^\.*$/.test(given));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), (names) => {
        mkdirSync(`${path}.lock`, { recursive: true });
        for (const given of names) writeFileSync(join(`${path}.lock`, given), '');
        try {
          takenAndRemoved(path);
        } catch (error) {
          // What is of somebody else is not ours to remove: the message names the folder.
          expect(String(error)).toContain('my.pid');
        }
      }),
      // Each in which there is something that is not ours takes all attempts.
      { numRuns: 15 },
    );
  });
});
