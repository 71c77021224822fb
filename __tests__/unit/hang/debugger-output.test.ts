import fc from 'fast-check';
import { DebuggerOutput } from '../../../src/hang/debugger-output';

const UUID = '469fb5c1-ed55-4640-bdee-910d9e586494';
const URL_OF_IT = `ws://127.0.0.1:34087/${UUID}`;
const OPENED = `Debugger listening on ${URL_OF_IT}\nFor help, see: https://nodejs.org/en/docs/inspector\n`;
const ATTACHED = 'Debugger attached.\n';
const ENDED = `Debugger ending on ${URL_OF_IT}\nFor help, see: https://nodejs.org/learn/getting-started/debugging\n`;

function pushed(chunks: readonly Buffer[], isOurs = true) {
  const opened: string[] = [];
  const failed: string[] = [];
  const output = new DebuggerOutput({
    onOpened: (url) => opened.push(url),
    onEnded: () => isOurs,
    onAttached: () => isOurs,
    onFailed: (reason) => {
      failed.push(reason);
      return isOurs;
    },
    onLeaving: () => {
      failed.push('leaving');
      return isOurs;
    },
  });
  const passed = chunks.map((chunk) => output.push(chunk));
  return { opened, failed, passed, text: Buffer.concat([...passed, output.flush()]).toString('latin1') };
}

/** The same bytes, cut at the given sizes. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

describe(DebuggerOutput, () => {
  it("finds the address and removes the debugger's lines for any chunks", () => {
    const bytes = Buffer.from(`before\n${OPENED}${ATTACHED}between\n${ENDED}after`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }), (sizes) => {
        const { opened, text } = pushed(cut(bytes, sizes));
        expect(opened).toEqual([URL_OF_IT]);
        expect(text).toBe('before\nbetween\nafter');
      }),
    );
  });

  it('passes every other byte unchanged, also invalid UTF-8', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (pieces) => {
        const chunks = pieces.map((piece) => Buffer.from(piece));
        expect(pushed(chunks).text).toBe(Buffer.concat(chunks).toString('latin1'));
      }),
    );
  });

  it.each([
    ['a prompt without a newline', 'password: '],
    ['a line of the program with the same beginning', 'Debugger says hello\n'],
    ["another program's help", 'For help, see: https://example.org/\n'],
  ])('passes %s on at once', (_what, text) => {
    expect(Buffer.concat(pushed([Buffer.from(text)]).passed).toString()).toBe(text);
  });

  it('finds the address after program output without a newline', () => {
    const { opened, text } = pushed([Buffer.from('half a line'), Buffer.from(`${OPENED}more\n`)]);
    expect(opened).toEqual([URL_OF_IT]);
    expect(text).toBe('half a linemore\n');
  });

  it('accepts only addresses of this machine', () => {
    const foreign = `Debugger listening on ws://10.0.0.1:9229/${UUID}\n`;
    const { opened, text } = pushed([Buffer.from(foreign)]);
    expect(opened).toEqual([]);
    expect(text).toBe(foreign);
  });

  it('reports that the program waits for an attached client before it ends', () => {
    const { failed, text } = pushed([Buffer.from('Waiting for the debugger to disconnect...\n')]);
    expect(failed).toEqual(['leaving']);
    expect(text).toBe('');
  });

  it('reports why the debugger could not be opened', () => {
    const { failed, text } = pushed([
      Buffer.from('Starting inspector on 127.0.0.1:9 failed: address already in use\n'),
    ]);
    expect(failed).toEqual(['127.0.0.1:9 failed: address already in use']);
    expect(text).toBe('');
  });

  it('passes on lines about another debugger, without its address', () => {
    const lines = [OPENED, ATTACHED, ENDED, 'Waiting for the debugger to disconnect...\n'];
    const { opened, text } = pushed([Buffer.from(lines.join(''))], false);
    expect(opened).toEqual([URL_OF_IT]);
    expect(text).toBe(lines.join('').slice(OPENED.length));
  });

  it('does not hold back output that never ends', () => {
    const endless = `Debugger listening on ws://127.0.0.1:${'1'.repeat(2000)}`;
    expect(Buffer.concat(pushed([Buffer.from(endless)]).passed).toString()).toBe(endless);
  });
});
