import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ts from 'typescript';
import type { RawFrame } from '../../../src/hang/paused-stack';
import { mapFrames } from '../../../src/hang/source-mapped-frames';
import { makeFifo } from '../../support/fifo';
import { tempDir } from '../../support/temp-dir';

const SOURCE = `interface Unused { readonly a: number }
interface More { readonly b: number }
export function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
`;

function compiled(options: ts.CompilerOptions) {
  const { outputText, sourceMapText } = ts.transpileModule(SOURCE, {
    fileName: 'fib.ts',
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, ...options },
  });
  const lines = outputText.split('\n');
  const line = lines.findIndex((text) => text.includes('fib(n - 1)')) + 1;
  const column = lines[line - 1]!.indexOf('fib(n - 1)') + 1;
  const sourceMapUrl = /sourceMappingURL=(.*)/.exec(outputText)?.[1] ?? '';
  return { frame: { functionName: 'fib', line, column, sourceMapUrl }, map: sourceMapText ?? '' };
}

const IN_SOURCE = { functionName: 'fib', line: 4, column: 22 };

async function mapped(frame: RawFrame) {
  const [found] = await mapFrames([frame]);
  return found;
}

describe(mapFrames, () => {
  it('follows a map inside the script', async () => {
    const { frame } = compiled({ inlineSourceMap: true });
    expect(frame.line).not.toBe(IN_SOURCE.line);
    const url = 'file:///srv/app/dist/fib.js';
    expect(await mapped({ ...frame, url })).toEqual({ ...IN_SOURCE, file: '/srv/app/dist/fib.ts' });
  });

  it('follows a map next to the script, with its sourceRoot', async () => {
    const { frame, map } = compiled({ sourceMap: true });
    const directory = join(tempDir(), 'dist');
    mkdirSync(directory);
    const payload = { ...(JSON.parse(map) as object), sourceRoot: '../src' };
    writeFileSync(join(directory, 'fib.js.map'), JSON.stringify(payload));
    const url = pathToFileURL(join(directory, 'fib.js')).href;
    expect(await mapped({ ...frame, url, sourceMapUrl: 'fib.js.map' })).toEqual({
      ...IN_SOURCE,
      file: join(directory, '../src/fib.ts'),
    });
  });

  it('keeps the original position when the map is missing, broken or not a file', async () => {
    const directory = tempDir();
    writeFileSync(join(directory, 'broken.map'), '{');
    makeFifo(join(directory, 'fifo.map'));
    const url = pathToFileURL(join(directory, 'fib.js')).href;
    for (const sourceMapUrl of [
      'none.map',
      'broken.map',
      'fifo.map',
      '.',
      'https://example.org/a.map',
      'data:,{',
      '',
    ]) {
      const frame = { functionName: 'fib', url, line: 3, column: 5, sourceMapUrl };
      expect(await mapped(frame)).toEqual({
        functionName: 'fib',
        file: join(directory, 'fib.js'),
        line: 3,
        column: 5,
      });
    }
  });

  it('keeps URLs that are not files', async () => {
    const frame = {
      functionName: 'listOnTimeout',
      url: 'node:internal/timers',
      line: 1,
      column: 1,
      sourceMapUrl: '',
    };
    expect(await mapped(frame)).toMatchObject({ file: 'node:internal/timers' });
  });

  it('shows the innermost frames of a deep recursion', async () => {
    const frame = { functionName: 'down', url: 'file:///a.js', line: 1, column: 1, sourceMapUrl: '' };
    expect(await mapFrames(Array.from({ length: 5000 }, () => frame))).toHaveLength(50);
  });
});
