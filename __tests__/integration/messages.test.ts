import { join } from 'node:path';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

/** A text that matches. */
const matching = (pattern: string | RegExp): unknown => expect.stringMatching(pattern);

const OK = { ok: true };
const HOOK_FAILS = (why: string): object => ({ ok: false, reason: matching(why) });
const MUTE = { group: 'Mute', workerId: 0, reason: 'Mute has no onMessage()' };

async function tried(config: Readonly<Record<string, unknown>>) {
  const program = startRecorded('messages', { config: { go: join(tempDir(), 'go'), ...config } });
  const { fields } = await program.record('tried');
  return { program, results: fields['results'] as Readonly<Record<string, unknown>> };
}

describe('messages between the server and its workers', () => {
  it.each([
    { type: 'Processes', workers: 2, hasSpawn: true },
    { type: 'Processes', workers: 2, supervisor: true },
    { type: 'Threads', workers: 2, supervisor: true },
    { type: 'Embedded', workers: 1 },
  ])('arrive, are answered and fail as documented: %j', async ({ workers, ...config }) => {
    const { type } = config;
    const { program, results } = await tried(config);
    const name = type === 'Embedded' ? 'the embedded worker' : `worker ${type}/0`;
    expect(results).toMatchObject({
      early: OK,
      sent: OK,
      copy: true,
      throws: HOOK_FAILS(`^onMessage\\(\\) of ${type} failed: thrown here$`),
      rejects: HOOK_FAILS(`^onMessage\\(\\) of ${type} failed: rejected here$`),
      function: matching(/^ERR_MESSAGE message\.value must be plain data/),
      tooLong: matching(/^ERR_MESSAGE a message may have 4194304 bytes, this one has 50000/),
      noGroup: matching(/^ERR_CONFIG_INVALID broadcast\(\): there is no group "nobody"/),
      all: { ok: false, reached: workers, failed: [MUTE] },
      group: { ok: true, reached: workers, failed: [] },
      views: Array.from({ length: workers }, (_, workerId) => ({
        workerId,
        state: 'running',
        generation: 1,
      })),
      refused: HOOK_FAILS(`^${name} has not handled 5 earlier messages \\(156\\d+ bytes\\)$`),
      accepted: [OK, OK, OK, OK, OK],
      again: OK,
    });
    if (type !== 'Embedded') {
      expect(results).toMatchObject({
        exits: HOOK_FAILS(`^worker ${type}/0 has ended$`),
        gone: HOOK_FAILS(`^worker ${type}/0 (has ended|is not running)$`),
      });
    }
    if (config.hasSpawn) {
      expect(results['spawned']).toMatch(
        /^ERR_MESSAGE worker Program\/0 takes no messages: a spawn worker is/,
      );
      expect(results['spawnedGroup']).toMatch(/^ERR_MESSAGE broadcast\(\) reaches nobody: a spawn worker is/);
    }
    const { fields } = await program.record(/^said$/);
    expect(fields).toMatchObject({
      failed: { ok: false, reason: matching(`of TalkServer failed: no ${type}/\\d$`) },
      refused: matching(/^ERR_MESSAGE message\.value must be plain data.*Symbol\(no\)/),
      said: OK,
    });
    // A throw in a hook is logged and the worker lives on. So does a receiver that takes no more.
    const problems = program.problems().map(({ message }) => message);
    expect(problems).toContain('onMessage() failed');
    expect(problems.filter((message) => message.startsWith(`messages to ${name} are refused`))).toHaveLength(
      1,
    );
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});
