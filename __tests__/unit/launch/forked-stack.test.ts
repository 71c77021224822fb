import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaptureRequest } from '../../../src/hang/hang-diagnosis';
import type { StackFrame } from '../../../src/hang/source-mapped-frames';
import { captureForked } from '../../../src/launch/forked-stack';
import { tempDir } from '../../support/temp-dir';

const REQUEST: CaptureRequest = {
  purpose: 'dump',
  signal: new AbortController().signal,
  kernel: undefined,
  isStarved: () => false,
};

const frame = (file: string): StackFrame => ({ functionName: 'f', file, line: 1, column: 1 });

/** The frames that are reported if the process answers with these, one after the other; the last one again and again. */
async function reported(...answers: readonly (readonly StackFrame[])[]): Promise<readonly StackFrame[]> {
  const left = [...answers];
  const capture = async (): Promise<readonly StackFrame[]> => (left.length > 1 ? left.shift()! : left[0]!);
  return captureForked({ capture })(REQUEST);
}

describe('the stack of a forked process', () => {
  it('is asked for again if nothing of the program was on it', async () => {
    const mine = frame('/app/mine.js');
    expect(await reported([], [frame('node:internal/timers')], [mine])).toEqual([mine]);
    expect(await reported([])).toEqual([]);
  });

  it('is shown by the source maps that its files name, the last one of each', async () => {
    const folder = tempDir();
    const file = join(folder, 'app.js');
    const map = { version: 3, sources: ['app.ts'], names: [], mappings: 'AAKA' };
    const inline = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
    writeFileSync(file, `f();\n//# sourceMappingURL=missing.map\ng();\n//# sourceMappingURL=${inline}\n`);
    expect(await reported([frame(file)])).toEqual([
      { functionName: 'f', file: join(folder, 'app.ts'), line: 6, column: 1 },
    ]);
  });

  it('stays as it is where a file has none, or cannot be read', async () => {
    const folder = tempDir();
    const plain = join(folder, 'plain.js');
    writeFileSync(plain, 'f();\n');
    const frames = [frame(plain), frame(join(folder, 'gone.js')), frame(folder), frame('evalmachine')];
    expect(await reported(frames)).toEqual(frames);
  });
});
