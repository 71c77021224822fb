import { z } from 'zod';
import { loadConfig } from '../../../src/config/load';

const AppConfig = z.looseObject({
  port: z.number().optional(),
  greeting: z.string().optional(),
  database: z
    .object({ hosts: z.array(z.string()), pool: z.object({ size: z.number().optional() }).optional() })
    .partial()
    .optional(),
  clients: z.array(z.looseObject({ address: z.string().optional() })).default([]),
});

const warnings = (raw: object, schemas: readonly z.ZodType[] = []) =>
  loadConfig({ raw, env: {}, userSchemas: schemas }).warnings;

describe('names similar to keys', () => {
  it.each([
    ['heartbeatTimeout', 'heartbeatTimeout', 'workerHeartbeatTimeout'],
    ['heartbeat_timeout', 'heartbeatTimeout', 'workerHeartbeatTimeout'],
    ['heartbeatTimeot', 'heartbeatTimeout', 'workerHeartbeatTimeout'],
    ['type', 'type', 'workerType'],
    ['gracefulKillTimeout', 'gracefulKillTimeout', 'workerGracefulKillTimeout'],
    ['processName', 'processName', 'workerProcessName'],
  ])('%s is the spelling of the decorator: a warning gives the right one', (name, option, key) => {
    expect(warnings({ [name]: 1 })).toEqual([
      `config: ${name} is taken as your own: ${option} is how @worker spells ${key}. Write ${key} here, or name ${name} in your schema.`,
    ]);
  });

  it.each(['typ', 'tape', 'types', 'chuser'])('%s is not misspelt', (name) => {
    expect(warnings({ [name]: '0' })).toEqual([]);
  });

  it('a key of the schema is never misspelt, whatever it resembles', () => {
    expect(
      warnings({ type: 'a', heartbeatTimeout: 1 }, [
        z.object({ type: z.string(), heartbeatTimeout: z.number() }),
      ]),
    ).toEqual([]);
  });

  it.each([
    [{ prot: 80 }, 'prot is not a key of your schema. Did you mean port?'],
    [{ greting: 'hello' }, 'greting is not a key of your schema. Did you mean greeting?'],
    [{ database: { host: ['a'] } }, 'database.host is not a key of your schema. Did you mean hosts?'],
    [
      { database: { pool: { sise: 1 } } },
      'database.pool.sise is not a key of your schema. Did you mean size?',
    ],
    [
      { clients: [{}, { adress: 'a' }] },
      'clients[1].adress is not a key of your schema. Did you mean address?',
    ],
  ])('%j resembles a key of the schema', (raw, warning) => {
    expect(warnings(raw, [AppConfig])).toEqual([`config: ${warning}`]);
  });

  it.each([
    { prot: 80, port: 80 },
    { entirely: 'different' },
    { database: { region: 'a' }, clients: ['a', 1] },
    { database: 7 },
  ])('%j does not: it is another name, or the right one is there too', (raw) => {
    const loose = {
      safeParse: (data: unknown) => ({ success: true as const, data }),
      shape: AppConfig.shape,
    };
    expect(loadConfig({ raw, env: {}, userSchemas: [loose] }).warnings).toEqual([]);
  });

  it('are listed up to ten', () => {
    const raw = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`log_leve${index}`, 1]));
    const all = warnings(raw);
    expect(all).toHaveLength(11);
    expect(all.at(-1)).toBe('config: 3 more keys look misspelt.');
  });
});
