// Statistics of several rounds.

export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that so many percent are at or below: a measured one, without interpolation. */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Median, least and most. */
export function spread(values) {
  return { middle: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** Compares round by round where both have a value, so that disturbances of the machine affect both. */
export function compare(ours, theirs, by) {
  return ours.flatMap((value, round) => {
    const other = theirs[round];
    if (value === undefined || other === undefined) return [];
    return [by === 'difference' ? value - other : value / other];
  });
}

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** `445 ms (430 to 460)`, with the spread only where there is one. */
export function show(values, unit) {
  const { middle, least, most } = spread(values);
  const digits = digitsFor(middle);
  const text = `${group(middle.toFixed(digits))}${unit === '' ? '' : ` ${unit}`}`;
  const [low, high] = [least, most].map((value) => group(value.toFixed(digits)));
  return low === high ? text : `${text} (${low} to ${high})`;
}

export function showRatios(ratios) {
  const { middle, least, most } = spread(ratios);
  const text = `${middle.toFixed(2)}×`;
  return ratios.length === 1 ? text : `${text} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

export function digitsFor(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return 0;
  if (size >= 10) return 1;
  return size >= 0.1 ? 2 : 4;
}

/** Separates thousands. */
function group(digits) {
  return digits.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ' ');
}
