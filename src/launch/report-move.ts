import type { SocketName } from '../common/socket-moves';
import type { Logger } from '../record/logger';
import type { MovedNotice } from '../sockets/socket-user';

/** Workers were moved to another socket, or back. */
export function reportMove(logger: Logger, { what, from, to, users }: MovedNotice): void {
  const fields = { workers: users, from: from && text(from), to: to && text(to) };
  switch (what) {
    case 'moved':
      logger.info(
        'a socket was closed for the new address of a replacement; older workers go on at that address',
        fields,
      );
      return;
    case 'back':
      logger.warn(
        'no replacement is left at the new address; the older workers serve at the old one again',
        fields,
      );
      return;
    case 'lost':
      logger.error('the old address could not be opened again; these workers accept nothing more', fields);
  }
}

function text({ isDatagram, address, port }: SocketName): string {
  return `${isDatagram ? 'udp' : 'tcp'} ${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
}
