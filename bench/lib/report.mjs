// All results as one Markdown document.
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { budgetTable, measureTable } from './tables.mjs';

/** `taken`: the measures with their entrants. `leftOut`: what a quick run did not do. */
export async function toMarkdown({ judgements, taken, leftOut, notes, machine, intro = [] }) {
  const parts = [
    ...intro,
    '## Budgets\n',
    budgetTable(judgements),
    '\nMedian (least to most) of all rounds. What compares two is taken round by round; of several peers the best one counts.\n',
    ...taken.flatMap(({ measure, entrants }) => [
      `## ${measure.name}: ${measure.what}\n`,
      measureTable(measure, entrants),
      ...(measure.baseline === undefined
        ? []
        : ['\nAfter the colon: the ratio to the first peer of its kind.\n']),
      ...troubles(entrants),
    ]),
    ...(leftOut.length === 0 ? [] : ['## Left out by --quick\n', ...leftOut.map((line) => `- ${line}`), '']),
    ...notes.map((note) => `${note}\n`),
    machine,
    '',
  ];
  const config = await resolveConfig(fileURLToPath(import.meta.url));
  return format(parts.join('\n'), { ...config, parser: 'markdown' });
}

/** What the cells have no room for. */
function troubles(entrants) {
  const told = entrants.flatMap(({ title, failure, why, figures }) => [
    ...(failure !== undefined && why === undefined ? [`- ${title}: ${failure.split('\n')[0]}`] : []),
    ...figures.flatMap((round) =>
      Object.entries(round?.failures ?? {}).map(([what, count]) => `- ${title}: ${count} × ${what}`),
    ),
  ]);
  return told.length === 0 ? [] : ['', ...new Set(told), ''];
}
