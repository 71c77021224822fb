import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const TESTS = join(__dirname, '../..');

describe('the rooms of the unit tests', () => {
  it('all run', () => {
    const rooms = readdirSync(join(TESTS, 'rooms')).map((name) => name.replace('.test.ts', ''));
    expect(rooms).toEqual(readdirSync(join(TESTS, 'unit')));
  });
});
