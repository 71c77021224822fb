import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isServerEngineError } from '../../../src/common/errors';
import { PidFile } from '../../../src/supervisor/pid-file';
import { tempDir } from '../../support/temp-dir';

// No number that a live process could have.
const DEAD_PID = 2 ** 22 + 1;

function takenAndRemoved(path: string): void {
  const file = new PidFile(path);
  expect(readFileSync(path, 'utf8')).toBe(`${String(process.pid)}\n`);
  file.remove();
}

describe('a pid file of another program', () => {
  it('is replaced unless it holds the pid of a live process', () => {
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

  it('may have a lock with any content', () => {
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
          // Foreign files are not removed: the message names the folder, and one of them.
          expect(String(error)).toMatch(/my\.pid.*(belongs to process|which is not the engine's)/);
        }
      }),
    );
  });
});
