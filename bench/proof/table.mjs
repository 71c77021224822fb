// The rows as a Markdown table.
const SORTS = [
  ['short', 'short TCP'],
  ['lines', 'TCP, held by the server'],
  ['keepAlive', 'keep-alive'],
  ['thinking', 'keep-alive with pauses'],
  ['slowBody', 'slow POST'],
  ['unix', 'UNIX'],
  ['udp', 'UDP'],
  ['nginx', 'through nginx'],
];

export function toTable(rows, { times, seconds, usesNginx }) {
  const sorts = SORTS.filter(([sort]) => usesNginx || sort !== 'nginx');
  const columns = [
    ['kind', ({ name }) => name],
    ...sorts.map(([sort, title]) => [title, ({ asked }) => asked[sort] ?? 0]),
    ['asked again', ({ retried }) => retried],
    ...(usesNginx ? [['by nginx', ({ retriedByNginx }) => retriedByNginx]] : []),
    ...(usesNginx ? [['502, 504', ({ gatewayErrors }) => gatewayErrors]] : []),
    ['refused', ({ refused }) => refused],
    ['reset', ({ reset, isGraceful }) => (isGraceful ? reset : `(${reset})`)],
    ['lost', ({ lost, twice, isGraceful }) => (isGraceful ? lost + twice : `(${lost + twice})`)],
    ['slowest answer ms', ({ slowestMs }) => slowestMs],
    ['one takes ms', ({ tookMs }) => median(tookMs)],
  ];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(([title]) => title)),
    line(columns.map((_column, index) => (index === 0 ? '---' : '--:'))),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
    '',
    `Each kind ${times} times, ${seconds} s in all. Slowest answer: without the requested delay. In brackets: requests in flight in a killed process, which are always lost.`,
    ...(usesNginx ? [] : ['Without nginx.']),
  ].join('\n');
}

function median(values) {
  return [...values].sort((left, right) => left - right)[values.length >> 1];
}
