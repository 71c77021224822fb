import { formatJson } from './format-json';
import { formatText } from './format-text';
import type { FormatOptions, LogRecord } from './record';

/**
 * A record as complete text that ends with a newline. Never throws, whatever was logged. As text, continuation lines
 * are indented by four spaces; as JSON, a record is one line.
 */
export function formatRecord(record: LogRecord, options: FormatOptions): string {
  return options.format === 'json' ? formatJson(record) : formatText(record, options.color);
}
