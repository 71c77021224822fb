import { CAN_LIMIT_MEMORY, memoryGroup } from '../support/control-groups';
import { numberIn } from '../support/log-lines';
import { signalPid } from '../support/processes';
import { start, type Program } from '../support/program';

const HEAP_WAS_FULL = 'likelyCause="its JavaScript heap was full (workerHeapLimit, --max-old-space-size)"';

/** The record of the first unexpected death, with the lines that follow it. */
async function death(program: Program): Promise<readonly string[]> {
  const first = await program.waitForLine('[error] server pid=');
  await program.waitForLine('worker 0 started', { since: program.lines.indexOf(first) });
  const from = program.lines.indexOf(first);
  const rest = program.lines.slice(from + 1);
  const end = rest.findIndex((line) => !line.startsWith('    '));
  return [first, ...rest.slice(0, end)];
}

describe('the record of an unexpected death', () => {
  it('names the worker, its exit, lifetime, memory and last lines (PARITY: Worker N finished)', async () => {
    const program = start('deaths', { config: { by: 'kill', workerHeartbeatInterval: 0.05 } });
    await program.waitForLine('printed last');
    const pid = program.workerPid(0);
    signalPid(pid, 'SIGKILL');
    const [record = '', title, ...quoted] = await death(program);
    expect(record).toMatch(
      /worker 0 finished unexpectedly with signal SIGKILL workerId=0 pid=\d+ generation=1 reason=crash uptimeMs=\d+ rssMb=\d+$/,
    );
    expect(numberIn(record, 'pid')).not.toBe(pid);
    expect(record).toContain(`pid=${String(pid)} generation`);
    expect(numberIn(record, 'rssMb')).toBeGreaterThan(10);
    expect(title).toBe('    lastLines:');
    expect(quoted).toHaveLength(12);
    expect(quoted.at(-2)).toMatch(/^ {4}\| .*\[info\] worker=0 pid=\d+: word 20$/);
    expect(quoted.at(-1)).toMatch(/^ {4}\| .*\[warn\] worker=0 pid=\d+: printed last$/);
  });

  it('quotes the error that ended the worker', async () => {
    const program = start('deaths', { config: { by: 'throw' } });
    const lines = await death(program);
    expect(lines[0]).toContain('finished unexpectedly with status 1');
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {4}\| .*run\(\) failed; the worker ends with status 1$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^ {4}\| {5}Error: on purpose$/));
  });

  it('reports a full JavaScript heap', async () => {
    const program = start('deaths', {
      config: { by: 'heap' },
      env: { NODE_OPTIONS: '--max-old-space-size=24' },
    });
    const [record = '', , ...quoted] = await death(program);
    expect(record).toContain(HEAP_WAS_FULL);
    expect(quoted.join('\n')).toContain('JavaScript heap out of memory');
  });

  it('reports that the heap of a process reached workerHeapLimit, whatever the environment allows', async () => {
    const program = start('deaths', {
      config: { by: 'heap', workerHeapLimit: '24MB' },
      env: { NODE_OPTIONS: '--max-old-space-size=4000' },
    });
    const line = await program.waitForLine('my heap');
    // Includes the young generation, which workerHeapLimit does not count.
    expect(numberIn(line, 'limitMb')).toBeLessThan(100);
    expect(line).not.toContain('max-old-space-size');
    expect((await death(program))[0]).toContain(HEAP_WAS_FULL);
  });

  it('reports the heap limit of a thread, and the server keeps running', async () => {
    const program = start('deaths', {
      config: { by: 'heap', workerHeapLimit: '24MB', workerType: 'thread' },
    });
    const [record] = await death(program);
    expect(record).toContain(HEAP_WAS_FULL);
    expect(program.matching('worker 0 failed')).toEqual([]);
    program.signal('SIGQUIT');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });

  (CAN_LIMIT_MEMORY ? it : it.skip)('says that the kernel killed it for want of memory', async () => {
    const program = start('deaths', { config: { by: 'buffers' }, controlGroup: memoryGroup(160 * 2 ** 20) });
    const [record] = await death(program);
    expect(record).toContain('finished unexpectedly with signal SIGKILL');
    expect(record).toContain('reason=oom');
    expect(record).toContain('likelyCause="the kernel killed it because memory was short (OOM killer)"');
  });

  it('is one JSON object with logFormat json', async () => {
    const program = start('deaths', { config: { by: 'throw', logFormat: 'json' } });
    const line = await program.waitForLine('worker 0 finished unexpectedly');
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      role: 'server',
      workerId: 0,
      generation: 1,
      lastLines: expect.arrayContaining([expect.stringContaining('"message":"printed last"')]) as unknown,
    });
  });
});
