import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { start } from '../support/program';
import { tempDir } from '../support/temp-dir';

type Info = Readonly<Record<string, unknown>>;

function read(file: string): Info[] {
  try {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Info);
  } catch {
    return [];
  }
}

describe('a winston logger of the user (PARITY: Config and log)', () => {
  it.each([
    ['given as logger', {}],
    ['made by loggerClass', { asClass: true }],
    ['under a supervisor', { supervisor: true }],
  ])(
    '%s gets every record of every process, and is flushed when the tree has ended',
    async (_name, config) => {
      const file = join(tempDir(), 'own.log');
      const program = start('own-logger', { config: { ...config, file } });
      await eventually(
        () => read(file).filter(({ message }) => message === 'from the worker').length === 2,
        'both workers have logged',
      );
      const pids = read(file)
        .filter(({ message }) => message === 'from the worker')
        .map(({ pid }) => pid);
      expect(await program.stop()).toEqual({ code: 0, signal: null });
      const infos = read(file);
      expect(infos).toContainEqual(
        expect.objectContaining({ level: 'info', message: 'from the server', role: 'server', a: 1 }),
      );
      for (const [worker, pid] of pids.entries()) {
        const own = infos.filter((info) => info['pid'] === pid);
        expect(own[0]).toMatchObject({
          role: 'worker',
          generation: 1,
          level: 'error',
          error: { message: 'with a stack' },
        });
        expect(own.map(({ message }) => message)).toContain('printed');
        const last = own.flatMap(({ message }) => /^last line (\d+)$/.exec(String(message))?.[1] ?? []);
        expect(last.map(Number)).toEqual(Array.from({ length: 200 }, (_, index) => index));
        expect(worker).toBeLessThan(2);
      }
      expect(infos.map(({ message }) => message)).not.toContain('too fine');
      expect(program.lines).toEqual([]);
    },
  );

  it('is refused at the start when it is not a logger', async () => {
    const program = start('logging', { config: { logger: { info: 1 } } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(program.output).toContain(
      'logger must be a winston logger (an object with the methods log and write), got',
    );
  });
});
