import { inspect } from 'node:util';
import { isError } from '../common/errors';

const DEEPEST_CAUSE = 8;
const MOST_AGGREGATED = 8;

/** The stack of an error, then those of its causes and of the errors that it aggregates. Several lines. */
export function errorText(error: Error, depth = 0): string {
  const lines = [stackOf(error)];
  if (depth >= DEEPEST_CAUSE) return lines.join('\n');
  if (error.cause !== undefined && error.cause !== error) {
    lines.push(`Caused by: ${causeText(error.cause, depth + 1)}`);
  }
  for (const inner of aggregated(error)) lines.push(`Including: ${causeText(inner, depth + 1)}`);
  return lines.join('\n');
}

/** An error as plain data, for JSON. */
export function errorData(error: Error, depth = 0): Readonly<Record<string, unknown>> {
  const deeper = depth < DEEPEST_CAUSE;
  const inner = deeper ? aggregated(error) : [];
  const data = (value: unknown): unknown => (isError(value) ? errorData(value, depth + 1) : value);
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: (error as NodeJS.ErrnoException).code,
    cause: deeper && error.cause !== error ? data(error.cause) : undefined,
    errors: inner.length > 0 ? inner.map(data) : undefined,
  };
}

function stackOf(error: Error): string {
  const stack: unknown = error.stack;
  return typeof stack === 'string' && stack !== '' ? stack : `${error.name}: ${error.message}`;
}

function causeText(cause: unknown, depth: number): string {
  return isError(cause) ? errorText(cause, depth) : inspect(cause, { breakLength: Infinity, depth: 2 });
}

function aggregated(error: Error): readonly unknown[] {
  const errors: unknown = (error as Partial<AggregateError>).errors;
  return Array.isArray(errors) ? errors.slice(0, MOST_AGGREGATED) : [];
}
