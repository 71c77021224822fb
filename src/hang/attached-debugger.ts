import { readFileSync } from 'node:fs';

const TABLES: readonly string[] = ['/proc/net/tcp', '/proc/net/tcp6'];
const ESTABLISHED = '01';

/** Whether a debugger is connected to that port of this machine. Undefined: this system does not show it. */
export function isConnectedTo(port: number): boolean | undefined {
  let isTold = false;
  for (const table of TABLES) {
    try {
      const text = readFileSync(table, 'latin1');
      isTold = true;
      if (hasConnection(text, port)) return true;
    } catch {
      // This table exists only with IPv6.
    }
  }
  return isTold ? false : undefined;
}

/** In the kernel's format: `sl local_address rem_address st …`, addresses as `0100007F:2407`. */
export function hasConnection(table: string, port: number): boolean {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === ESTABLISHED && local?.endsWith(end) === true;
  });
}
