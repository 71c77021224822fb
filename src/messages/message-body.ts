import { deserialize, serialize } from 'node:v8';
import { ServerEngineError } from '../common/errors';
import { firstUncloneable } from '../config/cloneable';
import { showKind } from '../config/show';
import { LONGEST_MESSAGE_BYTES } from '../protocol/protocol';

/**
 * The structured clone of a message, the same for processes, threads and embedded workers.
 * @throws ServerEngineError (ERR_MESSAGE) when it cannot be cloned, or is too long.
 */
export function encodeBody(message: unknown): Uint8Array {
  const body = serialized(message);
  if (body.byteLength <= LONGEST_MESSAGE_BYTES) return body;
  throw new ServerEngineError(
    'ERR_MESSAGE',
    `a message may have ${LONGEST_MESSAGE_BYTES} bytes, this one has ${body.byteLength}. ` +
      'Put the data into a file or a store and send its name, or send it in parts.',
  );
}

function serialized(message: unknown): Uint8Array {
  try {
    return serialize(message);
  } catch (error) {
    const { path, value } = firstUncloneable(message, 'message') ?? { path: 'message', value: message };
    throw new ServerEngineError(
      'ERR_MESSAGE',
      `${path} must be plain data, because a message is a copy, got ${showKind(value)}. ` +
        'Send what the receiver needs to make it.',
      { cause: error },
    );
  }
}

/** Undefined: it comes from another process, and is not a message. */
export function decodeBody(body: Uint8Array): { readonly message: unknown } | undefined {
  try {
    return { message: deserialize(body) as unknown };
  } catch {
    return undefined;
  }
}
