import { Chart } from './charts.js';
import { byId, el, keyed, setData, setText, show } from './dom.js';
import {
  bytes,
  count,
  dayAndClock,
  delay,
  duration,
  howItEnded,
  percent,
  readable,
  words,
} from './format.js';

const STATE = {
  running: { sign: '●', tone: 'good' },
  starting: { sign: '◐', tone: 'warn' },
  waiting: { sign: '○', tone: 'warn' },
  draining: { sign: '◑', tone: 'quiet' },
  stopping: { sign: '◑', tone: 'quiet' },
  standby: { sign: '◌', tone: 'quiet' },
  over: { sign: '✕', tone: 'bad' },
};

/** name: the title of the column. sort: what it is sorted by. */
const COLUMNS = [
  // The groups in the same order as above.
  { id: 'worker', name: 'Worker', sort: (one) => latest.groups.findIndex(({ name }) => name === one.group) },
  { id: 'state', name: 'State', sort: (one) => one.state },
  { id: 'pid', name: 'PID', sort: (one) => one.pid ?? 0, isNumber: true },
  { id: 'uptime', name: 'Uptime', sort: (one) => one.uptimeMs, isNumber: true },
  { id: 'restarts', name: 'Restarts', sort: (one) => one.restarts, isNumber: true },
  { id: 'memory', name: 'Memory', sort: (one) => one.rssBytes ?? one.heapUsedBytes ?? 0, isNumber: true },
  { id: 'delay', name: 'Loop delay', sort: (one) => one.loopDelayMs ?? 0, isNumber: true },
  { id: 'load', name: 'Utilization', sort: (one) => one.utilization ?? 0, isNumber: true },
  { id: 'jobs', name: 'Jobs', sort: (one) => one.jobs ?? 0, isNumber: true },
  { id: 'connections', name: 'Open', sort: (one) => one.connections ?? 0, isNumber: true },
  { id: 'last', name: 'Last end', sort: (one) => one.lastExit?.at ?? 0 },
];

const known = new Map();
const heads = new Map();
let sortedBy = { id: 'worker', isDown: false };
let latest = { workers: [], groups: [] };
let loopingKeys = new Set();

export function prepareWorkers() {
  for (const { id, name, isNumber } of COLUMNS) {
    const button = el(
      'button',
      { type: 'button', class: 'sort', onclick: () => sortBy(id) },
      name,
      el('span', { class: 'arrow', 'aria-hidden': 'true' }),
    );
    const head = el('th', { scope: 'col', class: isNumber ? 'number' : '', 'data-column': id }, button);
    heads.set(id, head);
    byId('workers-head').append(head);
  }
  byId('workers-head').append(
    el('th', { scope: 'col', class: 'more-head' }, el('span', { class: 'visually-hidden' }, 'Details')),
  );
  byId('filter').addEventListener('input', render);
  byId('only-trouble').addEventListener('change', render);
}

export function showWorkers(status, reasons) {
  latest = status;
  loopingKeys = new Set(
    reasons.filter(({ kind }) => kind === 'crash_loop').map(({ group, workerId }) => `${group}/${workerId}`),
  );
  render();
}

/** The workers whose details are open. */
export async function refreshDetails() {
  for (const row of known.values()) if (row.charts) await row.load();
}

function sortBy(id) {
  sortedBy = { id, isDown: sortedBy.id === id && !sortedBy.isDown };
  render();
}

function isInTrouble(worker) {
  return (
    loopingKeys.has(`${worker.group}/${worker.workerId}`) ||
    worker.state === 'over' ||
    worker.state === 'waiting' ||
    (worker.state === 'running' && !worker.ready)
  );
}

function render() {
  const { workers, groups } = latest;
  const text = byId('filter').value.trim().toLowerCase();
  const onlyTrouble = byId('only-trouble').checked;
  const { sort } = COLUMNS.find(({ id }) => id === sortedBy.id);
  const rows = workers
    .filter((one) => !onlyTrouble || isInTrouble(one))
    .filter(
      (one) =>
        text === '' ||
        `${one.group} ${one.workerId} ${one.pid ?? ''} ${one.state}`.toLowerCase().includes(text),
    )
    .sort((one, other) =>
      sort(one) < sort(other) ? -1 : sort(one) > sort(other) ? 1 : one.workerId - other.workerId,
    );
  if (sortedBy.isDown) rows.reverse();
  for (const [id, head] of heads) {
    const order = sortedBy.id === id ? (sortedBy.isDown ? 'descending' : 'ascending') : undefined;
    if (order) head.setAttribute('aria-sort', order);
    else head.removeAttribute('aria-sort');
  }
  const several = groups.length > 1;
  keyed(
    byId('workers-body'),
    known,
    rows,
    (one) => `${one.group}/${one.workerId}/${one.generation}`,
    makeRow,
    (row, one) => updateRow(row, one, several),
  );
  show(byId('workers-none'), rows.length === 0 && workers.length > 0);
  setText(
    byId('workers-count'),
    rows.length === workers.length
      ? `${count(workers.length)}`
      : `${count(rows.length)} of ${count(workers.length)}`,
  );
}

function makeRow(worker) {
  const cells = new Map(
    COLUMNS.map(({ id, name, isNumber }) => [
      id,
      el(id === 'worker' ? 'th' : 'td', {
        'data-label': name,
        class: isNumber ? 'number' : '',
        ...(id === 'worker' && { scope: 'row' }),
      }),
    ]),
  );
  const state = el('span', { class: 'state' });
  cells.get('state').append(state);
  const bar = el('meter', { min: '0', max: '1', high: '0.85', optimum: '0', 'aria-hidden': 'true' });
  const share = el('span');
  cells.get('load').append(bar, share);
  const details = `details-${worker.group}-${worker.workerId}-${worker.generation}`.replaceAll(
    /[^\w-]/g,
    '_',
  );
  const toggle = el(
    'button',
    { type: 'button', class: 'quiet toggle', 'aria-expanded': 'false', 'aria-controls': details },
    'Details',
  );
  const first = el('tr', {}, ...cells.values(), el('td', { class: 'more-cell' }, toggle));
  const inside = el('td', { colspan: String(COLUMNS.length + 1) });
  const second = el('tr', { id: details, class: 'details', hidden: true }, inside);
  const row = {
    first,
    second,
    cells,
    state,
    bar,
    share,
    toggle,
    inside,
    worker,
    facts: el('p', { class: 'muted' }),
    charts: undefined,
    load: () => loadDetails(row),
  };
  toggle.addEventListener('click', () => (row.charts ? closeDetails(row) : void openDetails(row)));
  toggle.setAttribute('aria-label', `Details of worker ${worker.workerId} of ${worker.group}`);
  return row;
}

function updateRow(row, worker, several) {
  row.worker = worker;
  const { cells, state, bar, share } = row;
  const { sign, tone } = STATE[worker.state] ?? STATE.over;
  const isLooping = loopingKeys.has(`${worker.group}/${worker.workerId}`);
  const isWaitedFor = worker.state === 'running' && !worker.ready;
  const said = isLooping ? `${worker.state}, crash loop` : isWaitedFor ? 'running, not ready' : worker.state;
  setText(cells.get('worker'), several ? `${worker.group} ${worker.workerId}` : String(worker.workerId));
  setText(state, `${isLooping ? '▲' : sign} ${said}`);
  setData(state, 'tone', isLooping ? 'bad' : isWaitedFor ? 'warn' : tone);
  setText(cells.get('pid'), String(worker.pid ?? '–'));
  setText(cells.get('uptime'), worker.pid === undefined ? '–' : duration(worker.uptimeMs));
  setText(cells.get('restarts'), count(worker.restarts));
  setText(
    cells.get('memory'),
    worker.rssBytes === undefined && worker.heapUsedBytes !== undefined
      ? `${bytes(worker.heapUsedBytes)} heap`
      : bytes(worker.rssBytes),
  );
  setText(cells.get('delay'), delay(worker.loopDelayMs));
  show(bar, worker.utilization !== undefined);
  bar.value = worker.utilization ?? 0;
  setText(share, percent(worker.utilization));
  setText(cells.get('jobs'), count(worker.jobs));
  setText(cells.get('connections'), count(worker.connections));
  setText(
    cells.get('last'),
    worker.lastExit ? `${words(worker.lastExit.reason)}, ${howItEnded(worker.lastExit)}` : '–',
  );
  cells.get('last').toggleAttribute('data-none', !worker.lastExit);
  if (row.charts) setText(row.facts, factsOf(worker));
}

function factsOf({ pid, start, generation, heapUsedBytes, heartbeatAgeMs, jobs, connections, lastExit }) {
  const facts = [
    pid === undefined ? 'no process now' : `pid ${pid}`,
    ...(start === 'fork' ? ['forked'] : []),
    `generation ${generation}`,
    `heap ${bytes(heapUsedBytes)}`,
    `${count(jobs)} jobs`,
    `${count(connections)} connections`,
    `last heartbeat ${delay(heartbeatAgeMs)} ago`,
  ];
  if (lastExit)
    facts.push(
      `its predecessor ended ${dayAndClock(lastExit.at)}: ${words(lastExit.reason)}, ${howItEnded(lastExit)}`,
    );
  return facts.join(' · ');
}

async function openDetails(row) {
  const { worker, toggle, second, inside } = row;
  toggle.setAttribute('aria-expanded', 'true');
  show(second, true);
  row.charts = [
    new Chart({
      title: 'Memory',
      scale: 'bytes',
      series: [{ name: 'memory', color: '--line-1', fill: '--fill-1' }],
    }),
    new Chart({
      title: 'Event loop delay',
      scale: 'delay',
      series: [{ name: 'delay', color: '--line-2', fill: '--fill-2' }],
    }),
    new Chart({
      title: 'Utilization',
      scale: 'share',
      series: [{ name: 'utilization', color: '--line-3', fill: '--fill-3' }],
    }),
  ];
  const { lastExit } = worker;
  setText(row.facts, factsOf(worker));
  inside.replaceChildren(row.facts, el('div', { class: 'charts' }, ...row.charts.map(({ node }) => node)));
  if (lastExit?.lastLines)
    inside.append(el('pre', { tabindex: '0' }, lastExit.lastLines.map(readable).join('\n')));
  await row.load();
}

function closeDetails(row) {
  for (const chart of row.charts) chart.remove();
  row.charts = undefined;
  row.toggle.setAttribute('aria-expanded', 'false');
  show(row.second, false);
}

async function loadDetails(row) {
  const { group, workerId, rssBytes, heapUsedBytes, loopDelayMs, utilization } = row.worker;
  const answer = await fetch(`/history.json?group=${encodeURIComponent(group)}&worker=${workerId}`);
  const history = await answer.json();
  if (!row.charts || history.at.length === 0) return;
  const [memory, late, load] = row.charts;
  memory.set([history.at, history.memoryBytes], bytes(rssBytes ?? heapUsedBytes));
  late.set([history.at, history.loopDelayMs], delay(loopDelayMs));
  load.set([history.at, history.utilization], percent(utilization));
}
