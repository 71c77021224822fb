import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked, nameOfForeign, onMarked } from '../../../src/node-internals/marked-messages';
import { tempDir } from '../../support/temp-dir';

describe('marked messages', () => {
  it('reach only those who listen for them', () => {
    const emitter = new EventEmitter();
    const taken: unknown[] = [];
    onMarked(emitter, (message) => taken.push(message));
    emitter.emit('internalMessage', marked({ type: 'ready' }));
    for (const foreign of [null, {}, { cmd: 'NODE_CLUSTER', act: 'online' }, { type: 'ready' }, 'text'])
      emitter.emit('internalMessage', foreign);
    expect(taken).toEqual([{ type: 'ready' }]);
  });

  it('are no messages for a listener of Node’s own event, in this version of Node', async () => {
    const script = join(tempDir(), 'child.js');
    writeFileSync(
      script,
      `process.on('message', (m) => process.send(['message', m]));
       process.on('internalMessage', (m) => m.cmd === 'NODE_SERVERENGINE' && process.send(['internal', m]));`,
    );
    const child = fork(script);
    child.send(marked({ type: 'ready' }));
    expect(await once(child, 'message')).toEqual([['internal', marked({ type: 'ready' })], undefined]);
    child.disconnect();
    await once(child, 'exit');
  });

  it.each([
    [{ type: 'ready' }, 'ready'],
    [{ topic: 'log4js:message' }, 'object'],
    [null, 'object'],
    ['ready', 'string'],
    [{ 'watch:require': ['/app/a.js'] }, undefined],
  ])('are named when another program sent them: %j', (message, name) =>
    expect(nameOfForeign(message)).toBe(name),
  );
});
