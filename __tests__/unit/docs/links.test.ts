import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anchorLinks, anchors, documents, isShipped, localLinks, ROOT } from './markdown';

describe('documentation', () => {
  it.each(documents())('%s: every local link leads to a file', (document) => {
    const broken = localLinks(document).filter(
      (target) => !existsSync(join(ROOT, dirname(document), decodeURI(target))),
    );
    expect(broken).toEqual([]);
  });

  it.each(documents())('%s: every anchor leads to a heading', (document) => {
    const broken = anchorLinks(document).filter(({ target, anchor }) => {
      const path = target === '' ? document : join(dirname(document), target);
      return path.endsWith('.md') && !anchors(path).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(documents().filter(isShipped))(
    '%s: every local link leads to a file of the package',
    (document) => {
      const targets = localLinks(document).map((target) => join(dirname(document), target));
      expect(targets.filter((path) => !isShipped(path))).toEqual([]);
    },
  );

  it('is linked from the README, from CONTRIBUTING.md, or from a linked page', () => {
    const reached = new Set(['README.md', 'CONTRIBUTING.md']);
    for (const document of reached) {
      if (!document.endsWith('.md')) continue;
      for (const target of localLinks(document)) reached.add(join(dirname(document), target));
    }
    expect(documents().filter((document) => !reached.has(document))).toEqual([]);
  });
});
