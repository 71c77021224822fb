import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { decodeRecords, RecordRelay } from '../../../src/record/framing';
import { RecordSender } from '../../../src/record/record-sender';
import { finish, logOf, nextMessage, runProgram, startProgram } from './programs/run';

function decode(wire: string): string[] {
  const relay = new RecordRelay();
  const text = Buffer.concat([
    relay.push(Buffer.from(wire)) ?? Buffer.alloc(0),
    Buffer.from(relay.takeRest() ?? ''),
  ]);
  return decodeRecords(text).toString().split('\n').slice(0, -1);
}

const hundredHeads = Array.from({ length: 100 }, (_, i) => `record ${String(i)}`);

describe('RecordSender', () => {
  it.each([
    ['exit', 3],
    ['natural', 0],
  ])('loses none of 100 records at the end of the process (%s)', async (mode, code) => {
    const result = await runProgram('sender', [mode]);
    const lines = decode(result.log);
    expect(lines.filter((line) => line.startsWith('record'))).toEqual(hundredHeads);
    expect(lines).toHaveLength(200);
    expect(result).toMatchObject({ code, stderr: '' });
  });

  it('loses none of the records that were written before kill -9', async () => {
    const result = await runProgram('sender', ['killed']);
    expect(decode(result.log)).toEqual(hundredHeads);
    expect(result.signal).toBe('SIGKILL');
  });

  it('sends records of an exit listener that runs after its own', async () => {
    expect(decode((await runProgram('sender', ['late'])).log)).toEqual(['last words']);
  });

  it('neither blocks nor throws while the parent does not read, and reports the number of dropped records', async () => {
    const program = startProgram('sender', ['flood']);
    // Sent after the flood, before anything was read.
    const { dropped } = (await nextMessage(program)) as { dropped: number };
    expect(dropped).toBeGreaterThan(10_000);
    const log = logOf(program);
    const noticed = new Promise<void>((resolve) => {
      log.on('data', (chunk: Buffer) => {
        if (chunk.includes('dropped=')) resolve();
      });
    });
    const result = finish(program);
    await noticed;
    program.send('go on');
    const { log: wire, code, stderr } = await result;
    const lines = decode(wire);
    const kept = lines.filter((line) => line.startsWith('record '));
    expect(kept).toHaveLength(40_000 - dropped);
    expect(kept.every((line, i) => line === `record ${String(i)} ${'y'.repeat(100)}`)).toBe(true);
    expect(lines.slice(kept.length)).toEqual([`dropped=${String(dropped)}`, 'after the flood']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('stops silently when the parent is gone', async () => {
    const program = startProgram('sender', ['orphan']);
    await nextMessage(program);
    logOf(program).destroy();
    program.send('go on');
    const counted = nextMessage(program);
    const result = finish(program);
    expect(await counted).toEqual({ dropped: 1000 });
    expect(await result).toMatchObject({ code: 0, stderr: '' });
  });

  it('hands a record to the kernel before write() returns', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const reader = await accepted;
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
    const sender = new RecordSender(fd, { dropNotice: String });
    sender.write('a\n    b\n');
    sender.close();
    socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of reader) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('a\x1e    b\n');
    server.close();
  });
});
