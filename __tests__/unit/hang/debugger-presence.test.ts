import { hasConnection } from '../../../src/hang/attached-debugger';
import { DebuggerPresence } from '../../../src/hang/debugger-presence';

const URL_OF_IT = 'ws://127.0.0.1:9229/469fb5c1-ed55-4640-bdee-910d9e586494';

describe(DebuggerPresence, () => {
  it.each<[string, boolean | undefined, boolean]>([
    ['a client is connected', true, true],
    ['no client is connected any more', false, false],
    ['the system does not tell: the last report counts', undefined, true],
  ])('%s', (_what, connected, expected) => {
    const presence = new DebuggerPresence(false, (port) => (port === 9229 ? connected : undefined));
    expect(presence.isHeldUp).toBe(false);
    presence.opened(URL_OF_IT);
    presence.attached();
    expect(presence.isHeldUp).toBe(expected);
    presence.ended(URL_OF_IT);
    expect(presence.isHeldUp).toBe(false);
  });

  it('a process that waits for a debugger is held up until one connects', () => {
    const presence = new DebuggerPresence(true, () => false);
    expect(presence.isHeldUp).toBe(true);
    presence.attached();
    expect(presence.isHeldUp).toBe(false);
  });

  it('a process at its end is not held up', () => {
    const presence = new DebuggerPresence(false, () => true);
    presence.opened(URL_OF_IT);
    presence.leaving();
    expect(presence.isHeldUp).toBe(false);
  });
});

describe('the connections in /proc/net/tcp', () => {
  const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:240D 00000000:0000 0A 00000000:00000000
   1: 0100007F:8A1C 0100007F:240D 01 00000000:00000000
   2: 0100007F:240E 0100007F:8A1C 01 00000000:00000000\n`;

  it.each<[string, number, boolean]>([
    ['of a port that only listens', 0x240d, false],
    ['of a port with a connection', 0x240e, true],
    ['of the other end of a connection', 0x8a1c, true],
    ['of a port that does not exist', 80, false],
  ])('%s', (_what, port, expected) => {
    expect(hasConnection(TABLE, port)).toBe(expected);
  });
});
