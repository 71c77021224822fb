import { firstColumn, source } from './markdown';

/** The signals that a file has handlers for: all that it names. */
function handledIn(path: string): readonly string[] {
  return [...new Set([...source(path).matchAll(/'(SIG\w+)'/g)].map(([, signal = '']) => signal))];
}

describe('docs/signals.md', () => {
  it.each([
    ['Server process', 'src/engine/signal-source.ts'],
    ['Worker process', 'src/child/early-signals.ts'],
  ])('%s: has exactly the signals of %s', (heading, path) => {
    const documented = firstColumn('docs/signals.md', heading);
    expect(documented.length).toBeGreaterThan(3);
    expect([...documented].sort()).toEqual([...handledIn(path)].sort());
  });

  it('is summed up by the README', () => {
    const summary = source('README.md').split('\n## Signals\n')[1]?.split('\n## ')[0] ?? '';
    const named = [...summary.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, signal = '']) => `SIG${signal}`),
    );
    expect(named.sort()).toEqual([...handledIn('src/engine/signal-source.ts')].sort());
  });
});
