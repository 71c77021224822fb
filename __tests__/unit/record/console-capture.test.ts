import { runProgram } from './programs/run';

describe('captureConsole', () => {
  it('turns lines of console output into info and warn records (PARITY: messages of hooked stdout/stderr are lines)', async () => {
    const { log, stdout, stderr } = await runProgram('console', ['lines']);
    expect(log.split('\n')).toEqual([
      'info one',
      'info two { three: 3 }',
      'warn four',
      'info five',
      'info six é',
      'info green',
      'info seven',
      'info unended',
      '',
    ]);
    expect({ stdout, stderr }).toEqual({ stdout: 'early\n', stderr: '' });
  });

  it('logs an unfinished line after a moment', async () => {
    expect((await runProgram('console', ['partial'])).log).toBe('info prompt> \ninfo later\n');
  });

  it('returns true and calls back', async () => {
    expect((await runProgram('console', ['callbacks'])).log).toBe(
      'info a\ninfo b\ncalled back\nreturned true\n',
    );
  });

  it('is undone by its return value, which logs the rest', async () => {
    const { log, stdout, stderr } = await runProgram('console', ['restore']);
    expect(log).toBe('info captured\ninfo half\n');
    expect({ stdout, stderr }).toEqual({ stdout: 'plain\n', stderr: 'plain too\n' });
  });

  it('does not touch a stream that it was not told to capture', async () => {
    const { log, stdout } = await runProgram('console', ['only']);
    expect({ log, stdout }).toEqual({ log: 'warn to the log\n', stdout: 'to stdout\n' });
  });

  it('does not capture its own output when a logger prints to the console', async () => {
    const { stdout, stderr } = await runProgram('console', ['loop']);
    expect({ stdout, stderr }).toEqual({ stdout: 'warned y\n', stderr: 'logged x\n' });
  });
});
