import { eventually } from '../support/eventually';
import { startRecorded } from '../support/recorded-program';

describe('@shared() data', () => {
  it('reaches each worker as a copy: a change in one worker stays there', async () => {
    const program = startRecorded('shared-data');
    await program.record({ worker: 0, message: 'here the count is 11', when: '1970-01-01T00:00:00.000Z' });
    await program.record({ worker: 1, message: 'here the count is 12', when: '1970-01-01T00:00:00.000Z' });
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.records({ role: 'server', message: /^at the end the count is 1$/ })).toHaveLength(1);
  });

  it('throws an error that names the property and the cure when it cannot be cloned, and leaves no process', async () => {
    const program = startRecorded('shared-data', {
      config: { shareFunction: true, startRetry: true, restartBackoffMin: 0.05, restartBackoffMax: 0.05 },
    });
    await program.recordsOf(4, { level: 'error', role: 'server', message: 'worker 0 could not be started' });
    // The server, and the two that it may just be starting.
    await eventually(() => program.workingPids().length <= 3, 'the processes of failed starts have ended');
    await program.waitForLine(
      /ConfigError: @shared\(\) DataServer\.callback cannot be sent to a worker .*Share plain data or a socket/,
    );
  });
});

describe('a property of the server that is not @shared()', () => {
  it('throws an error that names the cure when a worker reads it', async () => {
    const program = startRecorded('shared-data', { config: { readPrivate: true } });
    await program.waitForLine(
      /ConfigError: DataServer\.secret was read in a worker, but exists only in the server process\. Mark it with @shared\(\)/,
    );
    await program.record({ level: 'error', message: 'worker 0 finished unexpectedly with status 1' });
  });
});
