// All results as one Markdown document.
import { format } from 'oxfmt';
import { budgetTable, measureTable } from './tables.mjs';

/** `taken`: the measures with their entrants, and when and where they were taken. `leftOut`: what is missing. */
export async function toMarkdown({ judgements, taken, leftOut, notes, intro = [] }) {
  const parts = [
    ...intro,
    '## Budgets\n',
    budgetTable(judgements),
    '\nMedian (least to most) of all rounds. Two entrants are compared round by round, and the best of several peers counts.\n',
    ...taken.flatMap(({ measure, entrants, date, load }) => [
      `## ${measure.name}: ${measure.what}\n`,
      measureTable(measure, entrants),
      `\nMeasured on ${date}; the load of the machine was ${load.toFixed(1)} before. ${baselineNote(measure, entrants)}\n`,
      ...troubles(entrants),
    ]),
    ...(leftOut.length === 0 ? [] : ['## Not measured\n', ...leftOut.map((line) => `- ${line}`), '']),
    ...(taken.length === 0 ? [] : ['## Machine\n', ...machines(taken), '']),
    ...notes.map((note) => `${note}\n`),
  ];
  return (await format('report.md', parts.join('\n'))).code;
}

function baselineNote({ baseline, baselineTitle }, entrants) {
  if (baseline === undefined) return '';
  const title = baselineTitle ?? entrants.find(({ key }) => key === baseline)?.title;
  return title === undefined ? '' : `After the colon: the ratio to ${title}.`;
}

/** Each machine, with its measures if there are several machines. */
function machines(taken) {
  const measuresOf = new Map();
  for (const { machine, measure } of taken) {
    measuresOf.set(machine, [...(measuresOf.get(machine) ?? []), measure.name]);
  }
  if (measuresOf.size === 1) return [...measuresOf.keys()];
  return [...measuresOf].map(([machine, names]) => `- ${names.join(', ')}: ${machine}`);
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
export function introduction() {
  return [
    '# Benchmarks\n',
    '<!-- Written by `npm run bench -- --write`. -->\n',
    'How serverengine compares with its peers. The ratios carry over to other machines, the figures do not.\n',
    '![Ratios of serverengine to its peers, with budgets and aims](benchmarks.svg)\n',
    '- All serve one short HTTP answer. All of one table run in turns for several rounds on one machine, which also runs the clients.',
    '- Each worker records when it listens. It also gets requests, but the kernel or the parent chooses which of several ' +
      'workers answers: a worker may listen for a while before its first request.',
    '- Each peer restarts in its own way. node:cluster has no restart, so its app has one as people write it by hand.',
    '- At the fixed rate, half of the requests use keep-alive connections, and half a new connection each. The latency of an ' +
      'answer counts from the time when its request was due, even if the client was delayed. Gunicorn, Puma and Ruby’s ' +
      'ServerEngine close each connection there. Puma is configured to, because its thread waits 0.2 s for the next request ' +
      'of a kept connection.',
    '- Puma has one thread per worker. Gunicorn has synchronous workers, which keep no connection alive. The app of Ruby’s ' +
      'ServerEngine is a plain loop over a socket.',
    '- The processes run without `NODE_EXTRA_CA_CERTS`. With it Node 20 reads all root certificates whenever a process starts, ' +
      'which takes 80 ms here. Until November 2026 this page was measured with it: starts and healing of all that runs on ' +
      'Node took that much longer, which made their ratios look better.',
    '- `npm run proof:sockets` counts failed requests: plain and supervised servers, TCP, UDP and UNIX sockets, ' +
      'short and keep-alive connections, and through nginx where it is installed.\n',
  ];
}
