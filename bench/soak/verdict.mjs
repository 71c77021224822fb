// Whether the resources of the parents stay the same. Pure.

/** Resources that are opened, started or loaded once. */
const SPARE = { descriptors: 3, threads: 2, heapMb: 2 };
/** V8 returns memory at its own pace: the heap after a collection is more precise. */
const SPARE_PSS_SHARE = 0.5;
/** Nothing runs in it but a loop of C. */
const SPARE_OF_TEMPLATE = { rssMb: 1, descriptors: 0, threads: 0, mappings: 0 };

/**
 * @param {{ restarts: number, reloads: number, roles: Record<string, { heapMb, rssMb, pssMb, descriptors, threads, mappings }> }[]} samples
 *   in the order of time; the first one is from before the first restart
 * @returns {string[]} what grows; empty when nothing does
 */
export function growths(samples) {
  const [, first] = samples;
  const last = samples.at(-1);
  if (first === undefined || first === last) return ['too few samples to tell'];
  return Object.keys(last.roles).flatMap((role) => {
    const of = (sample) => sample.roles[role];

    if (role === 'template') {
      return Object.entries(SPARE_OF_TEMPLATE).flatMap(([what, spare]) =>
        grown(role, what, of(samples[0]), of(last), spare),
      );
    }
    // The first restarts load modules, so memory counts from the first sample after them.
    const pss = grown(role, 'pssMb', of(first), of(last), of(first).pssMb * SPARE_PSS_SHARE);
    const others = Object.entries(SPARE).flatMap(([what, spare]) =>
      grown(role, what, of(what === 'heapMb' ? first : samples[0]), of(last), spare),
    );
    return [...pss, ...others];
  });
}

function grown(role, what, { [what]: before }, { [what]: after }, spare) {
  if (after <= before + spare) return [];
  return [`${role}: ${what} from ${round(before)} to ${round(after)}`];
}

const COLUMNS = [
  ['heapMb', 'heap MB'],
  ['rssMb', 'RSS MB'],
  ['pssMb', 'PSS MB'],
  ['descriptors', 'descriptors'],
  ['threads', 'threads'],
  ['mappings', 'mappings'],
];

/** As a Markdown table. */
export function toTable(samples) {
  const roles = Object.keys(samples[0].roles);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const columns = roles.flatMap((role) => {
    const [first, ...rest] = COLUMNS.filter(([what]) => samples[0].roles[role][what] !== undefined);
    return [`${role}: ${first[1]}`, ...rest.map(([, name]) => name)];
  });
  return [
    line(['restarts', 'reloads', ...columns]),
    line(['restarts', 'reloads', ...columns].map(() => '--:')),
    ...samples.map(({ restarts, reloads, roles: held }) =>
      line([
        restarts,
        reloads,
        ...roles.flatMap((role) =>
          COLUMNS.flatMap(([what]) => {
            const value = held[role][what];
            return value === undefined ? [] : [round(value)];
          }),
        ),
      ]),
    ),
  ].join('\n');
}

const round = (value) => Math.round(value * 10) / 10;
