import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compressGenerations } from '../../../src/log-file/compress-generations';
import { tempDir } from '../../support/temp-dir';

describe('the compression of old log files', () => {
  it('survives a missing folder, and continues with the next', async () => {
    const folder = tempDir();
    await compressGenerations([join(folder, 'gone', 'app.log.0')]);
    const old = join(folder, 'app.log.0');
    writeFileSync(old, 'a line\n');
    await compressGenerations([old]);
    expect(existsSync(`${old}.gz`)).toBe(true);
  });
});
