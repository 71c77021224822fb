// All results as one Markdown document.
import { format } from 'oxfmt';
import { budgetTable, measureTable } from './tables.mjs';

/** `taken`: the measures with their entrants. `leftOut`: what this run skipped. */
export async function toMarkdown({ judgements, taken, leftOut, notes, machine, intro = [] }) {
  const parts = [
    ...intro,
    '## Budgets\n',
    budgetTable(judgements),
    '\nMedian (least to most) of all rounds. What compares two is taken round by round; of several peers the best one counts.\n',
    ...taken.flatMap(({ measure, entrants }) => [
      `## ${measure.name}: ${measure.what}\n`,
      measureTable(measure, entrants),
      ...baselineNote(measure, entrants),
      ...troubles(entrants),
    ]),
    ...(leftOut.length === 0 ? [] : ['## Left out of this run\n', ...leftOut.map((line) => `- ${line}`), '']),
    ...notes.map((note) => `${note}\n`),
    machine,
    '',
  ];
  return (await format('report.md', parts.join('\n'))).code;
}

function baselineNote({ baseline, baselineTitle }, entrants) {
  if (baseline === undefined) return [''];
  const title = baselineTitle ?? entrants.find(({ key }) => key === baseline)?.title;
  return title === undefined ? [''] : [`\nAfter the colon: the ratio to ${title}.\n`];
}

/** The failures that do not fit into the cells. */
function troubles(entrants) {
  const told = entrants.flatMap(({ title, failure, why, figures }) => [
    ...(failure !== undefined && why === undefined ? [`- ${title}: ${failure.split('\n')[0]}`] : []),
    ...figures.flatMap((round) =>
      Object.entries(round?.failures ?? {}).map(([what, count]) => `- ${title}: ${count} × ${what}`),
    ),
  ]);
  return told.length === 0 ? [] : ['', ...new Set(told), ''];
}

/** An explanation of the figures, and the chart. */
export function introduction(command) {
  return [
    '# Benchmarks\n',
    `<!-- Written by \`${command}\`. -->\n`,
    'How serverengine compares with its peers. The ratios hold elsewhere, the figures do not.\n',
    '![Ratios of serverengine to its peers, with budgets and aims](benchmarks.svg)\n',
    '- All serve one short HTTP answer. They run in turns, several rounds, on one machine, which also makes the load.',
    '- An app for Node notes itself when it listens. It is asked as well, and of several workers that listen the kernel ' +
      'chooses who answers, or the parent in turns: a worker may listen for a while before it is asked.',
    '- Each peer restarts in its own way; node:cluster has none, so its app does what one writes by hand.',
    '- At the fixed rate half of the requests come on keep-alive connections, half on one each. An answer is measured from the ' +
      'moment that its request was due, whether or not the client was held up. Gunicorn, Puma and Ruby’s ServerEngine close ' +
      'each connection there: Puma is told to, because its thread waits 0.2 s for the next request of a kept one.',
    '- Puma has one thread a worker, Gunicorn its synchronous workers, which keep no connection alive; the app of Ruby’s ' +
      'ServerEngine is a plain loop over a socket.',
    '- Failed requests are counted by `npm run proof:sockets`: plain and supervised servers, TCP, UDP and UNIX sockets, ' +
      'short and keep-alive connections, and through nginx where it is installed.\n',
  ];
}
