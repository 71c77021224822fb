import { z } from 'zod';
import { loadConfig } from '../../../src/config/load';
import { planReload } from '../../../src/config/reload';

const config = (raw: object) => loadConfig({ raw, env: {} });

describe(planReload, () => {
  it('does nothing when nothing changed', () => {
    const raw = { workers: 2, unrecoverableExitCodes: [3], db: { hosts: ['a'] } };
    const plan = planReload(config(raw), config(structuredClone(raw)));
    expect(plan).toMatchObject({ changed: [], needsRestart: [] });
  });

  it('applies the path and level of the log (PARITY: Config and log)', () => {
    const { config: after, changed } = planReload(
      config({ log: 'a.log', logLevel: 'info' }),
      config({ log: 'b.log', logLevel: 'warn' }),
    );
    expect(after.engine).toMatchObject({ log: 'b.log', logLevel: 'warn' });
    expect(changed).toEqual([
      { key: 'log', from: 'a.log', to: 'b.log' },
      { key: 'logLevel', from: 'info', to: 'warn' },
    ]);
  });

  it("shows times in seconds under the key's name in the user's spelling", () => {
    const { changed } = planReload(
      config({}),
      config({ workerHeartbeatTimeout: '1m', workerGracefulKillTimeout: -1 }),
    );
    expect(changed).toEqual([
      { key: 'workerHeartbeatTimeout', from: 180, to: 60 },
      { key: 'workerGracefulKillTimeout', from: 600, to: -1 },
    ]);
  });

  it('keeps a key that is not reloadable and reports that it needs a restart', () => {
    const plan = planReload(
      config({}),
      config({ workerType: 'process', logFormat: 'json', pidPath: 'p', workers: 3 }),
    );
    expect(plan.config.engine).toMatchObject({ workerType: 'embedded', logFormat: 'text', workers: 3 });
    expect(plan.config.engine.pidPath).toBeUndefined();
    expect(plan.changed.map(({ key }) => key)).toEqual(['workers']);
    expect(plan.needsRestart).toEqual([
      { key: 'workerType', from: 'embedded', to: 'process' },
      { key: 'logFormat', from: 'text', to: 'json' },
      { key: 'pidPath', from: undefined, to: 'p' },
    ]);
    expect(Object.isFrozen(plan.config.engine)).toBe(true);
  });

  it('applies all keys of the user, also removed and new ones', () => {
    const { config: after, changed } = planReload(
      config({ port: 1, gone: true }),
      config({ port: 2, new: [1] }),
    );
    expect(after.user).toEqual({ port: 2, new: [1] });
    expect(changed).toEqual([
      { key: 'port', from: 1, to: 2 },
      { key: 'gone', from: true, to: undefined },
      { key: 'new', from: undefined, to: [1] },
    ]);
  });

  it('returns the warnings of the new config', () => {
    expect(planReload(config({}), config({ wrokers: 1 })).config.warnings).toHaveLength(1);
  });

  it.each([
    [{ apiKey: 'a' }, { apiKey: 'b' }, { key: 'apiKey', from: '***', to: '***' }],
    [{ dbPassword: 'a' }, {}, { key: 'dbPassword', from: '***', to: undefined }],
    [
      { db: { password: 'a' } },
      { db: { password: 'b' } },
      { key: 'db', from: { password: '***' }, to: { password: '***' } },
    ],
    [{ url: 'x://me:a@h/' }, { url: 'x://me:b@h/' }, { key: 'url', from: '***', to: '***' }],
    [{ smtp: { user: 'a' } }, {}, { key: 'smtp', from: { user: '***' }, to: undefined }],
    [{ c: new Map([[1, 'a']]) }, { c: new Map([[1, 'b']]) }, { key: 'c', from: '[Map]', to: '[Map]' }],
  ])('never shows a possible secret: %#', (before, after, change) => {
    expect(planReload(config(before), config(after)).changed).toEqual([change]);
  });

  it('shows strings that both the new and the old schema mark as public', () => {
    const load = (raw: object) =>
      loadConfig({
        raw,
        env: {},
        userSchemas: [z.object({ bind: z.string().meta({ public: true }), motto: z.string() })],
      });
    expect(planReload(load({ bind: 'a', motto: 'a' }), load({ bind: 'b', motto: 'b' })).changed).toEqual([
      { key: 'bind', from: 'a', to: 'b' },
      { key: 'motto', from: '***', to: '***' },
    ]);
  });
});
