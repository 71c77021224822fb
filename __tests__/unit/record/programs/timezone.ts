import { formatTimestamp } from '../../../../src/record/timestamp';

/** `timezone.ts '{"zones": […], "times": […]}'` prints the times in each zone, as JSON. */
const { zones, times } = JSON.parse(process.argv[2] ?? '') as {
  readonly zones: readonly string[];
  readonly times: readonly number[];
};
const shown = zones.map((zone) => {
  process.env['TZ'] = zone;
  return [zone, times.map(formatTimestamp)] as const;
});
console.log(JSON.stringify(Object.fromEntries(shown)));
