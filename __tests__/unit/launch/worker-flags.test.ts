import { threadPreloads, withWorkerFlags, workerFlags } from '../../../src/launch/worker-flags';

describe('the Node flags of a worker', () => {
  it('come after those of the program and before the script', () => {
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

  it('add source positions to stacks while files are watched', () => {
    expect(workerFlags({ workerExecArgv: ['--enable-source-maps'], watch: ['src'] })).toEqual([
      '--enable-source-maps',
    ]);
    expect(workerFlags({ workerExecArgv: undefined, watch: ['src'] })).toEqual(['--enable-source-maps']);
  });

  it('give each worker its own debugger port, and make it wait on request', () => {
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
