/** Numbers and times as people read them. An unknown value is a dash. */
const NONE = '–';

export function bytes(value) {
  if (value === undefined || value === null) return NONE;
  const mb = value / 1024 / 1024;
  if (mb >= 1024) return `${(mb / 1024).toFixed(1)} GB`;
  return mb >= 100 ? `${mb.toFixed(0)} MB` : `${mb.toFixed(1)} MB`;
}

export function duration(ms) {
  if (ms === undefined || ms === null) return NONE;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function delay(ms) {
  if (ms === undefined || ms === null) return NONE;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
}

export function percent(share) {
  if (share === undefined || share === null) return NONE;
  const value = share * 100;
  return value > 0 && value < 9.95 ? `${value.toFixed(1)} %` : `${value.toFixed(0)} %`;
}

export function count(value) {
  return value === undefined || value === null ? NONE : value.toLocaleString('en');
}

export function clock(at) {
  return new Date(at).toLocaleTimeString('en-GB');
}

export function dayAndClock(at) {
  return new Date(at).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** The words of a reason: `heartbeat_timeout` reads "heartbeat timeout". */
export function words(reason) {
  return reason === undefined ? 'returned' : reason.replaceAll('_', ' ');
}

export function howItEnded({ code, signal, error }) {
  if (error) return error;
  return signal ? `signal ${signal}` : `status ${code ?? NONE}`;
}

/** Shown next to the lines already. */
const KNOWN = new Set(['role', 'group', 'worker', 'pid', 'generation']);

/** A record of the JSON log as text: its time, level, message and fields, then its stack. Other lines stay as they are. */
export function readable(line) {
  let record;
  try {
    record = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof record !== 'object' || typeof record?.message !== 'string') return line;
  const { time, level, message, error, ...fields } = record;
  const isError = typeof error === 'object' && typeof error?.message === 'string';
  if (error !== undefined && !isError) fields.error = error;
  const parts = [
    ...(typeof time === 'string' ? [time.slice(11, 23)] : []),
    ...(level === undefined ? [] : [`[${level}]`]),
    message,
    ...Object.entries(fields)
      .filter(([name]) => !KNOWN.has(name))
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ];
  return [parts.join(' '), ...(isError ? stackOf(error, '') : [])].join('\n');
}

function stackOf({ name, message, stack, cause }, before) {
  const own = typeof stack === 'string' ? stack : `${name ?? 'Error'}: ${message}`;
  const lines = `${before}${own}`.split('\n').map((line) => `    ${line}`);
  const isError = typeof cause === 'object' && typeof cause?.message === 'string';
  return isError ? [...lines, ...stackOf(cause, 'Caused by: ')] : lines;
}
