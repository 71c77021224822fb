import { nodeFlagFaults, notForThreads } from '../../../src/config/node-flags';

describe('Node flags for workers', () => {
  it.each<[unknown, RegExp | undefined]>([
    [['--import', './telemetry.mjs', '--no-warnings'], undefined],
    [['--import=./telemetry.mjs'], undefined],
    [['-r', 'dotenv/config', '--max-semi-space-size=64', '--expose-gc'], undefined],
    [[], undefined],
    ['--import', /must be a list of flags of node/],
    [[''], /must be a list of flags of node/],
    [['./telemetry.mjs'], /the word '\.\/telemetry\.mjs' that belongs to no flag/],
    [['--max-old-space-size', '100'], /'100' that belongs to no flag.*--flag=value/],
    [['--import'], /has --import without its value/],
    [['--import', '--require=x'], /has --import without its value/],
    [['-e', '1'], /must not have -e: node would not run the program/],
    [['--test'], /must not have --test/],
    [['--watch'], /must not have --watch/],
    [['--'], /must not have --/],
  ])('%j: %s', (given, fault) => {
    const faults = nodeFlagFaults(given).join('\n');
    if (fault) expect(faults).toMatch(fault);
    else expect(faults).toBe('');
  });

  it('are limited to those that a thread can load itself', () => {
    expect(notForThreads(['--import', './a.mjs', '-r', 'b', '--expose-gc', '--cpu-prof'])).toEqual([
      '--expose-gc',
      '--cpu-prof',
    ]);
  });
});
