import { waitForOld, type OldWorker, type RolloutWait } from '../../../src/pool/rollout-wait';

const SETTINGS = { lingerMs: 0, closeLimitMs: 30_000 };

describe('waitForOld', () => {
  it.each<[OldWorker, Partial<typeof SETTINGS>, number, RolloutWait]>([
    [{ kind: 'gone' }, {}, 0, { kind: 'go_on', old: 'ended' }],
    [{ kind: 'told', since: 1000 }, {}, 1000, { kind: 'wait', until: 31_000 }],
    [{ kind: 'told', since: 1000 }, {}, 30_999, { kind: 'wait', until: 31_000 }],
    [{ kind: 'told', since: 1000 }, {}, 31_000, { kind: 'go_on', old: 'silent' }],
    [{ kind: 'closed', since: 1000 }, {}, 1000, { kind: 'go_on', old: 'lingers' }],
    [{ kind: 'closed', since: 1000 }, { lingerMs: 5000 }, 5999, { kind: 'wait', until: 6000 }],
    [{ kind: 'closed', since: 1000 }, { lingerMs: 5000 }, 6000, { kind: 'go_on', old: 'lingers' }],
  ])('%j with %j at %d: %j', (old, settings, now, wait) => {
    expect(waitForOld(old, { ...SETTINGS, ...settings }, now)).toEqual(wait);
  });
});
