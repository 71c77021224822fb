import fc from 'fast-check';
import { openEnvelope } from '../../../src/control/check-request';
import { checkCommand } from '../../../src/protocol/check-command';
import type { Command } from '../../../src/commands/command';

const COMMANDS: readonly Command[] = [
  { kind: 'stop', graceful: false },
  { kind: 'restart', graceful: true },
  { kind: 'restart', graceful: true, group: 'Web' },
  { kind: 'reload' },
  { kind: 'detach' },
  { kind: 'upgrade' },
  { kind: 'dump' },
  { kind: 'dump', worker: 3, group: 'Web' },
  { kind: 'scale', to: 0 },
  { kind: 'scale', by: -1, group: 'Web' },
];

const WRONG: readonly (readonly [unknown, RegExp])[] = [
  [undefined, /^command\.kind must be one of stop, restart, .*scale, got undefined\.$/],
  [null, /^command\.kind must be one of/],
  [['stop'], /^command\.kind must be one of/],
  [{ kind: 'toString' }, /^command\.kind must be one of .*, got 'toString'\.$/],
  [{ kind: 'stop' }, /^command\.graceful must be true or false, got undefined\.$/],
  [{ kind: 'stop', graceful: 'yes' }, /^command\.graceful must be true or false, got 'yes'\.$/],
  [{ kind: 'restart', graceful: true, group: 5 }, /^command\.group must be a name, got 5\.$/],
  [{ kind: 'dump', worker: -1 }, /^command\.worker must be an integer >= 0, got -1\.$/],
  [
    { kind: 'scale', to: 1.5 },
    /^command needs to, an integer from 0 to 10000, or by, an integer from -10000 to 10000, got .*1\.5/,
  ],
  [{ kind: 'scale' }, /^command needs to/],
  [{ kind: 'scale', to: 100_000 }, /^command needs to/],
  [{ kind: 'scale', by: -100_000 }, /^command needs to/],
  [{ kind: 'reload', graceful: true }, /^command\.graceful is not a key of this command, got/],
];

describe('a command on the control socket', () => {
  it.each(COMMANDS)('is accepted: %j', (command) =>
    expect(checkCommand(JSON.parse(JSON.stringify(command)))).toEqual(command),
  );

  it.each(WRONG)('is refused with the reason: %j', (raw, message) =>
    expect(() => checkCommand(raw)).toThrow(message),
  );
});

describe(openEnvelope, () => {
  it('accepts every request', () => {
    for (const request of ['status', 'events', 'log', 'command'])
      expect(openEnvelope(JSON.stringify({ v: 1, id: 0, request }))).toMatchObject({ id: 0, request });
  });

  it.each([
    ['', undefined, /must be a JSON object/],
    ['hello', undefined, /must be a JSON object/],
    ['[1]', undefined, /must be a JSON object/],
    ['{"id":1,"request":"status"}', undefined, /^v must be 1, .*got undefined/],
    ['{"v":2,"id":1,"request":"status"}', undefined, /^v must be 1, .*got 2/],
    ['{"v":1,"request":"status"}', undefined, /^id must be an integer >= 0, got undefined/],
    ['{"v":1,"id":"1","request":"status"}', undefined, /^id must be an integer >= 0, got '1'/],
    [
      '{"v":1,"id":7,"request":"reboot"}',
      7,
      /^request must be one of command, status, log, events, got 'reboot'/,
    ],
  ])('rejects %s', (line, id, error) => {
    expect(openEnvelope(line)).toEqual({ id, error: expect.stringMatching(error) as string });
  });

  it('never throws, for any line', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(openEnvelope(line)).toHaveProperty('id');
      }),
    );
  });
});
