import { splitLastWords, withLastWords } from '../../../src/pool/last-words-text';

describe('the reason of a failed start', () => {
  it.each([[[]], [['one']], [['Error: run is broken', '    at run (app.js:1:2)', '']]])(
    'separates the last lines: %j',
    (lines) => {
      const text = withLastWords('worker 0 ended with status 1 before it was up', lines);
      const { reason, lastLines = [] } = splitLastWords(text);
      expect(reason).toBe('worker 0 ended with status 1 before it was up');
      expect(lastLines).toEqual(lines);
      expect(text.split('\n')).toHaveLength(1 + lines.length);
    },
  );

  it('has all its lines when there are no last lines', () => {
    expect(splitLastWords('two things:\n- one\n- two')).toEqual({ reason: 'two things:\n- one\n- two' });
  });
});
