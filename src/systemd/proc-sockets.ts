/** A socket as the kernel lists it. */
export type KnownSocket =
  | { readonly kind: 'tcp' | 'udp4' | 'udp6' }
  /** path: an abstract name begins with '@' in the list, and with NUL here. */
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'unusable'; readonly what: string };

/** The texts of /proc/net/NAME. */
export type SocketTables = Readonly<Record<'tcp' | 'tcp6' | 'udp' | 'udp6' | 'unix', string>>;

const UNIX_STREAM = '0001';
// The columns of an address table, split at white space: sl, local, remote, state, queues, timer, retransmits, uid, timeout, inode.
const REMOTE = 2;
const INODE = 9;

/** The socket with this inode; undefined: it is in none of the lists. */
export function findSocket(inode: string, tables: SocketTables): KnownSocket | undefined {
  for (const name of ['tcp', 'tcp6'] as const) {
    const row = rowOf(tables[name], INODE, inode);
    if (row) {
      if (row[REMOTE]?.endsWith(':0000')) return { kind: 'tcp' };
      return { kind: 'unusable', what: 'a TCP connection, as with Accept=yes' };
    }
  }
  if (rowOf(tables.udp, INODE, inode)) return { kind: 'udp4' };
  if (rowOf(tables.udp6, INODE, inode)) return { kind: 'udp6' };
  return unixSocket(inode, tables.unix);
}

/** The columns: num, references, protocol, flags, type, state, inode, path. */
function unixSocket(inode: string, table: string): KnownSocket | undefined {
  const row = rowOf(table, 6, inode);
  if (!row) return undefined;
  if (row[4] !== UNIX_STREAM) return { kind: 'unusable', what: 'a unix socket that is not a stream' };
  const path = row.slice(7).join(' ');
  if (path === '') return { kind: 'unusable', what: 'a unix connection, as with Accept=yes' };
  return { kind: 'unix', path: path.startsWith('@') ? `\0${path.slice(1)}` : path };
}

function rowOf(table: string, column: number, inode: string): readonly string[] | undefined {
  for (const line of table.split('\n').slice(1)) {
    const row = line.trim().split(' ').filter(Boolean);
    if (row[column] === inode) return row;
  }
  return undefined;
}
