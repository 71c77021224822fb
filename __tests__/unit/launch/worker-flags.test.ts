import { threadPreloads, withWorkerFlags, workerFlags } from '../../../src/launch/worker-flags';

describe('the flags of node of a worker', () => {
  it('stand behind those of the program, and before the script', () => {
    const flags = workerFlags({ workerExecArgv: ['--import', './t.mjs'], watch: undefined });
    expect(withWorkerFlags(['--no-warnings', 'app.js', '--import'], 'app.js', flags)).toEqual([
      '--no-warnings',
      '--import',
      './t.mjs',
      'app.js',
      '--import',
    ]);
    expect(workerFlags({ workerExecArgv: undefined, watch: undefined })).toEqual([]);
  });

  it('have the source in stacks as long as files are watched', () => {
    expect(workerFlags({ workerExecArgv: ['--enable-source-maps'], watch: ['src'] })).toEqual([
      '--enable-source-maps',
    ]);
    expect(workerFlags({ workerExecArgv: undefined, watch: ['src'] })).toEqual(['--enable-source-maps']);
  });

  it('give each worker a port for its debugger, and let it wait where that is asked for', () => {
    expect(workerFlags({ workerExecArgv: ['--inspect-brk=9230', '--inspect'], watch: undefined })).toEqual([
      '--inspect-brk=127.0.0.1:0',
      '--inspect=127.0.0.1:0',
    ]);
  });

  it('are loaded by a thread itself', () => {
    expect(threadPreloads({ workerExecArgv: ['--require=x', '--import', 'y'], watch: undefined })).toEqual([
      { name: '--require', value: 'x' },
      { name: '--import', value: 'y' },
    ]);
    expect(threadPreloads({ workerExecArgv: [], watch: undefined })).toBeUndefined();
  });
});
