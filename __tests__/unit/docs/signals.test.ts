import type { EngineConfig } from '../../../src/config/engine-config';
import { loadConfig } from '../../../src/config/load';
import { SIGNAL_KEYS } from '../../../src/config/signal-keys';
import { commandSignals } from '../../../src/commands/command-signals';
import { PIPE_WORDS } from '../../../src/commands/pipe-words';
import { codeIn, firstColumn, source, tableRows } from './markdown';

const DOCUMENT = 'docs/signals.md';
const defaults = loadConfig({ raw: {}, env: {} }).engine;
const bySignal = commandSignals(defaults);

/** The signals that a file handles, which are all that it names. */
function handledIn(path: string): readonly string[] {
  return [...new Set([...source(path).matchAll(/'(SIG\w+)'/g)].map(([, signal = '']) => signal))];
}

const sorted = (words: Iterable<string>): readonly string[] => [...words].sort();

describe('docs/signals.md', () => {
  const rows = tableRows(DOCUMENT, 'Supervisor and server').map(([signal, command, key, word]) => ({
    signal: codeIn(signal)[0],
    command,
    key: codeIn(key)[0],
    word: codeIn(word)[0],
  }));

  it('has exactly the signals that are commands by default', () => {
    const documented = rows.flatMap(({ signal }) => signal ?? []);
    expect(sorted(documented)).toEqual(sorted(bySignal.keys()));
    expect(sorted(documented)).toEqual(sorted(handledIn('src/engine/signal-source.ts')));
  });

  it('has exactly the keys that remap them, each with its default', () => {
    const documented = rows.flatMap(({ key, signal }) => (key === undefined ? [] : [[key, signal]]));
    const keys = Object.keys(SIGNAL_KEYS).map((key) => [key, defaults[key as keyof EngineConfig]]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(keys));
    expect(documented).toHaveLength(keys.length);
  });

  it('has exactly the words of the command pipe, each with the command of its signal', () => {
    expect(sorted(rows.flatMap(({ word }) => word ?? []))).toEqual(sorted(PIPE_WORDS.keys()));
    for (const { signal, word } of rows) {
      // Without a supervisor for a live restart, a server takes the signal of a detach for a stop.
      if (word === undefined || signal === undefined || word === 'DETACH') continue;
      expect([word, bySignal.get(signal as NodeJS.Signals)]).toEqual([word, PIPE_WORDS.get(word)]);
    }
  });

  it('has exactly the signals of a worker process', () => {
    const documented = firstColumn(DOCUMENT, 'Worker process');
    expect(sorted(documented)).toEqual(sorted(handledIn('src/child/early-signals.ts')));
  });

  it('is summarised in the README', () => {
    const named = tableRows('README.md', 'Signals').flatMap(([first]) =>
      codeIn(first).map((name) => `SIG${name}`),
    );
    expect(sorted(named)).toEqual(sorted(bySignal.keys()));
  });
});
