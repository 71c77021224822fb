/**
 * The protocol between a manager and its clients on the unix socket: one line of JSON each, then the connection ends.
 * The reply may carry one descriptor (SCM_RIGHTS, with its first byte). docs/guides/sockets.md documents it for
 * programs in other languages, so it must not change.
 */
import { inspect } from 'node:util';
import { messageOf, ServerEngineError } from '../common/errors';
import { isSocketQuery, type SocketQuery } from '../common/socket-query';

/** No honest request comes near it. */
export const MAX_LINE_BYTES = 64 * 1024;

/** What a socket manager opens. */
export type SocketProtocol = 'tcp' | 'udp';

export type ManagerRequest =
  | { readonly method: 'listen_tcp' | 'listen_udp'; readonly bind: string; readonly port: number }
  /** The socket with that number, in the order in which they were opened, for another manager. */
  | { readonly method: 'share_socket'; readonly index: number }
  /** The manager's own socket, for another manager. */
  | { readonly method: 'share_manager' };

/** The handle that comes with it has all the rest. */
export type ManagerReply =
  | { readonly status: 'ok' }
  | { readonly status: 'shared'; readonly query: SocketQuery }
  /** There is no socket with that number. */
  | { readonly status: 'none' }
  | { readonly status: 'error'; readonly error: ReplyError };

/** The parts of an error that are sent. */
export interface ReplyError {
  readonly message: string;
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  readonly syscall?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

export function encodeLine(message: object): string {
  return `${JSON.stringify(message)}\n`;
}

/** The object in a line; undefined for anything else. */
export function decodeLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The answer of a manager; undefined for anything else. */
export function decodeReply(line: string): ManagerReply | undefined {
  const { status, query, error } = decodeLine(line) ?? {};
  switch (status) {
    case 'ok':
    case 'none':
      return { status };
    case 'shared':
      return isSocketQuery(query) ? { status, query } : undefined;
    case 'error':
      return isRecord(error) && typeof error['message'] === 'string'
        ? { status, error: { ...error, message: error['message'] } }
        : undefined;
    default:
      return undefined;
  }
}

/** @throws ServerEngineError when it is not a request. */
export function checkRequest(given: Readonly<Record<string, unknown>>): ManagerRequest {
  const { method, bind, port, index } = given;
  switch (method) {
    case 'listen_tcp':
    case 'listen_udp':
      return { method, ...checkAddress(method, bind, port) };
    case 'share_socket':
      if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) {
        throw new ServerEngineError(
          'ERR_SOCKET',
          `share_socket: index must be an integer >= 0, got ${inspect(index)}.`,
        );
      }
      return { method, index };
    case 'share_manager':
      return { method };
    default:
      throw new ServerEngineError(
        'ERR_SOCKET',
        `A socket manager was asked for ${inspect(method)}. It knows listen_tcp and listen_udp.`,
      );
  }
}

const MAX_PORT = 65535;

/** @throws ServerEngineError when no socket can have this address. */
export function checkAddress(
  who: string,
  bind: unknown,
  port: unknown,
): { readonly bind: string; readonly port: number } {
  if (typeof bind !== 'string' || bind === '') {
    throw new ServerEngineError(
      'ERR_SOCKET',
      `${who}: bind must be an address or a host name, got ${inspect(bind)}. Every address: '0.0.0.0' or '::'.`,
    );
  }
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    throw new ServerEngineError(
      'ERR_SOCKET',
      `${who}: port must be an integer from 0 to ${MAX_PORT}, got ${inspect(port)}.`,
    );
  }
  return { bind, port };
}

export function toReplyError(error: unknown): ReplyError {
  const { code, errno, syscall, address, port } = (isRecord(error) ? error : {}) as Partial<ReplyError>;
  return { message: messageOf(error), code, errno, syscall, address, port };
}

/** The error as it was at the other end: code that checks error codes need not know where it came from. */
export function fromReplyError({ message, code, ...rest }: ReplyError): Error {
  if (code === 'ERR_SOCKET') return new ServerEngineError(code, message);
  return Object.assign(new Error(message), { code, ...rest });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
