import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const SOURCE = JSON.stringify(join(__dirname, '../../../src/forking/late-flags.ts'));

/** In a process of its own: flags of V8 stay. esbuild, because Node 20 does not load TypeScript. */
function run(body: string): string {
  const code = `
    const { transformSync } = require('esbuild');
    const source = require('node:fs').readFileSync(${SOURCE}, 'utf8');
    const set = [];
    const load = (name) => name === 'node:v8' ? { setFlagsFromString: (flag) => set.push(flag) } : require(name);
    const exported = {};
    const { code } = transformSync(source, { loader: 'ts', format: 'cjs' });
    const module_ = { exports: exported };
    new Function('require', 'module', 'exports', code)(load, module_, exported);
    const { setLateFlags, setLateFlagsWithWebAssembly } = module_.exports;
    ${body}`;
  return execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: 20_000 }).trim();
}

describe('the flags of V8 that a template sets later', () => {
  it('are set once, when WebAssembly is first used', () => {
    const body = `
      setLateFlagsWithWebAssembly();
      const before = set.length;
      const first = typeof WebAssembly.compile;
      const count = set.length;
      setLateFlags();
      const isPlain = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly').value === WebAssembly;
      console.log(before, first, set.includes('--no-wasm-async-compilation'), set.length === count, isPlain);`;
    expect(run(body)).toBe('0 function true true true');
  });

  it('are set before a program replaces WebAssembly', () => {
    const body = `
      setLateFlagsWithWebAssembly();
      globalThis.WebAssembly = 'mine';
      console.log(WebAssembly, set.length > 0);`;
    expect(run(body)).toBe('mine true');
  });

  it('are known to V8, with those of the command line: together they do what --single-threaded implies', () => {
    const body = `
      const values = (...flags) => new Set(
        require('node:child_process')
          .execFileSync(process.execPath, [...flags, '--print-flag-values', '-e', '0'], { encoding: 'utf8' })
          .split(/\\s+/));
      setLateFlags();
      const ours = ['--single-threaded-gc', '--no-concurrent-recompilation', '--no-concurrent-sparkplug', ...set];
      const [plain, implied, given] = [values(), values('--single-threaded'), values(...ours)];
      const changed = [...implied].filter((flag) => !plain.has(flag) && flag !== '--single-threaded');
      console.log(changed.length > 5, changed.filter((flag) => !given.has(flag)).join(' '));`;
    expect(run(body)).toBe('true');
  });
});
