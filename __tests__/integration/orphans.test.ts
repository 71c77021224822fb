import { readdirSync } from 'node:fs';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

describe('workers whose server was killed with -9', () => {
  it('stop gracefully by themselves', async () => {
    const dir = tempDir();
    const program = startRecorded('orphans', { config: { dir, manner: 'stops' } });
    await program.recordsOf(2, 'at work');
    program.signal('SIGKILL');
    await program.allGone();
    expect(readdirSync(dir).sort()).toEqual(['stopped-0', 'stopped-1']);
  });

  it('end after the drain when only their own timer is left', async () => {
    const dir = tempDir();
    const program = startRecorded('orphans', { config: { dir, manner: 'leaves a timer' } });
    await program.recordsOf(2, 'at work');
    program.signal('SIGKILL');
    await program.allGone();
    expect(readdirSync(dir).sort()).toEqual(['stopped-0', 'stopped-1']);
  });

  it("get a graceful timeout even when it is longer than Node's longest timer", async () => {
    const dir = tempDir();
    const config = { dir, manner: 'takes its time', workerGracefulKillTimeout: '30d' };
    const program = startRecorded('orphans', { config });
    await program.recordsOf(2, 'at work');
    program.signal('SIGKILL');
    await program.allGone();
    expect(readdirSync(dir).sort()).toEqual(['finished-0', 'finished-1', 'stopped-0', 'stopped-1']);
  });

  it('end by force after the graceful timeout when run() never ends', async () => {
    const dir = tempDir();
    const config = { dir, manner: 'is stubborn', workerGracefulKillTimeout: '500ms' };
    const program = startRecorded('orphans', { config });
    await program.recordsOf(2, 'at work');
    program.signal('SIGKILL');
    await program.allGone();
    expect(readdirSync(dir).sort()).toEqual(['stopped-0', 'stopped-1']);
  });

  it('end even with a blocked event loop', async () => {
    const config = {
      dir: tempDir(),
      manner: 'is blocked',
      workerGracefulKillTimeout: '500ms',
      workerImmediateKillTimeout: '500ms',
    };
    const program = startRecorded('orphans', { config });
    await program.recordsOf(2, 'at work');
    program.signal('SIGKILL');
    await program.allGone();
  });

  it('end when the server dies during their boot', async () => {
    const program = startRecorded('orphans', { config: { dir: tempDir(), manner: 'stops', workers: 3 } });
    await program.recordsOf(2, /worker \d started/);
    program.signal('SIGKILL');
    await program.allGone();
  });
});
