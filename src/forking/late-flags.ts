import { setFlagsFromString } from 'node:v8';

/**
 * Flags of V8 without which it would wait for threads that a forked process does not have. They are not arguments of
 * the process: with them V8 refuses the compiled code of Node's own modules, and the start takes 20 ms longer.
 */
const LATE_FLAGS: readonly string[] = [
  '--no-wasm-async-compilation',
  '--no-wasm-tier-up',
  '--wasm-num-compilation-tasks=0',
  ...(Number.parseInt(process.versions.v8, 10) >= 12
    ? ['--no-maglev-build-code-on-background', '--no-maglev-deopt-data-on-background']
    : []),
];

let areSet = false;

/** From now on V8 compiles WebAssembly on the thread that asks for it. */
export function setLateFlags(): void {
  if (areSet) return;
  areSet = true;
  for (const flag of LATE_FLAGS) setFlagsFromString(flag);
}

/** Code that was compiled before would still be optimized by a thread: so they are set when WebAssembly is first used. */
export function setLateFlagsWithWebAssembly(): void {
  const plain = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly');
  if (!plain?.configurable) {
    setLateFlags();
    return;
  }
  const restore = (): void => {
    Object.defineProperty(globalThis, 'WebAssembly', plain);
    setLateFlags();
  };
  Object.defineProperty(globalThis, 'WebAssembly', {
    configurable: true,
    enumerable: plain.enumerable ?? false,
    get: () => {
      restore();
      return plain.value as unknown;
    },
    set: (value: unknown) => {
      restore();
      Reflect.set(globalThis, 'WebAssembly', value);
    },
  });
}
