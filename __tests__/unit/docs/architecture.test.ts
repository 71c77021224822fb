import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { INTERNALS } from '../../../src/node-internals/register';

const ROOT = join(__dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');

/** The rows of the table under a heading, without its header. */
function rowsUnder(heading: string): string[][] {
  const section = PAGE.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('ARCHITECTURE.md', () => {
  it('names every room with its checked floor', () => {
    const source = readFileSync(join(ROOT, '.dependency-cruiser.cjs'), 'utf8');
    const list = /const floors = \[\n(.*?)\n\];/s.exec(source)?.[1] ?? '';
    const floors = [...list.matchAll(/\[([^\]]*)\]/g)].flatMap(([, rooms = ''], index) =>
      [...rooms.matchAll(/'([\w-]+)'/g)].map(([, room]) =>
        [String(index + 1), `\`${room ?? ''}/\``].join(' '),
      ),
    );
    const named = rowsUnder('The rooms').map(([floor, room]) => `${floor ?? ''} ${room ?? ''}`);
    expect([...named].sort()).toEqual([...floors].sort());
    const folders = readdirSync(join(ROOT, 'src')).filter((name) =>
      statSync(join(ROOT, 'src', name)).isDirectory(),
    );
    expect(named.map((line) => /`(.*)\/`/.exec(line)?.[1]).sort()).toEqual(folders.sort());
  });

  it('names existing files', () => {
    const paths = [...PAGE.matchAll(/`([a-z-]+\/[a-z0-9-]+\.ts)`/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(ROOT, 'src', path)))).toEqual([]);
  });

  it('lists every private API and patch of Node', () => {
    const cell = (text: string): string => text.replaceAll('|', '\\|');
    const rows = INTERNALS.map(({ name, kind, usedFor }) => [`\`${cell(name)}\``, kind, cell(usedFor)]);
    expect(rowsUnder('Which internals of Node we use')).toEqual(rows);
  });
});
