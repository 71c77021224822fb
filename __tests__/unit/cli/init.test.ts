import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { init } from '../../../src/cli/commands/init';
import { plain, type Screen } from '../../../src/cli/screen';
import { tempDir } from '../../support/temp-dir';

const SILENT: Screen = {
  write: () => {},
  note: () => {},
  isTerminal: false,
  paint: plain,
  columns: 80,
  rows: 24,
};

describe('init', () => {
  it('makes the folders above the project, too', () => {
    const folder = join(tempDir(), 'all', 'my shops', 'first');
    init(folder, { template: 'http', javascript: true }, SILENT);
    expect(readFileSync(join(folder, 'server.mjs'), 'utf8')).toContain('ServerEngine.create');
  });

  it('says where no folder can be made', () => {
    // The mkdir of Node with `recursive` tries for ever there.
    const folder = '/proc/serverengine/first';
    expect(() => init(folder, { template: 'http' }, SILENT)).toThrow(
      /^cannot write to \/proc\/serverengine\/first: ENOENT.* Give a folder where files can be made\.$/,
    );
    expect(existsSync(folder)).toBe(false);
  });
});
