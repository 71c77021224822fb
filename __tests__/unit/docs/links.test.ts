import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents, localLinks, ROOT } from './markdown';

describe('documentation', () => {
  it.each(documents())('%s: every local link leads to a file', (document) => {
    const broken = localLinks(document).filter(
      (target) => !existsSync(join(ROOT, dirname(document), decodeURI(target))),
    );
    expect(broken).toEqual([]);
  });

  it.each(documents())('%s: every local link leads to what the package ships', (document) => {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    const outside = localLinks(document)
      .map((target) => join(dirname(document), target))
      .filter((path) => !files.some((shipped) => path === shipped || path.startsWith(`${shipped}/`)));
    expect(outside).toEqual([]);
  });

  it('is linked from the README or from a page that is', () => {
    const reached = new Set(['README.md']);
    for (const document of reached) {
      if (!document.endsWith('.md')) continue;
      for (const target of localLinks(document)) reached.add(join(dirname(document), target));
    }
    expect(documents().filter((document) => !reached.has(document))).toEqual([]);
  });
});
