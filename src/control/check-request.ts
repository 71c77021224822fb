import { show } from '../config/show';
import { isCount, isFields, type MessageFields } from '../protocol/check-message';
import { CONTROL_VERSION, REQUEST_NAMES, type ControlRequest } from './control-protocol';

/** A parsed request. Its command is checked later. */
export interface Envelope {
  readonly id: number;
  readonly request: ControlRequest['request'];
  readonly command: unknown;
}

/** What is wrong with a line. Without an id the client could not assign an answer to a request. */
export interface Refusal {
  readonly id: number | undefined;
  readonly error: string;
}

/** The line comes from another process: it may be anything. */
export function openEnvelope(line: string): Envelope | Refusal {
  const message = parse(line);
  if (message === undefined) return { id: undefined, error: 'a request must be a JSON object on one line' };
  const { v, id, request, command } = message;
  if (v !== CONTROL_VERSION) {
    const error = `v must be ${CONTROL_VERSION}, the version that this engine speaks, got ${show(v)}`;
    return { id: undefined, error };
  }
  if (!isCount(id)) return { id: undefined, error: `id must be an integer >= 0, got ${show(id)}` };
  const known = REQUEST_NAMES.find((name) => name === request);
  if (known === undefined)
    return { id, error: `request must be one of ${REQUEST_NAMES.join(', ')}, got ${show(request)}` };
  return { id, request: known, command };
}

function parse(line: string): MessageFields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
