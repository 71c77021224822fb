import { Chart } from './charts.js';
import { byId, el, keyed, setData, setText, show } from './dom.js';
import { bytes, count, delay, duration, percent } from './format.js';

const known = new Map();

export function showGroups({ groups, workers, standby }) {
  const views = groups.map((group) => {
    const own = workers.filter((worker) => worker.group === group.name);
    return { ...group, own, reserve: standby.filter((one) => one.group === group.name) };
  });
  keyed(byId('groups'), known, views, ({ name }) => name, makeGroup, updateGroup);
}

/** The last hour of each group. */
export function showHistory(groups) {
  for (const [name, history] of Object.entries(groups)) {
    const group = known.get(name);
    if (!group) continue;
    const { at, memoryBytes, loopDelayMs, utilization, utilizationMax } = history;
    const last = (values) => values.findLast((value) => value !== null);
    group.memory.set([at, memoryBytes], bytes(last(memoryBytes)));
    group.delay.set([at, loopDelayMs], delay(last(loopDelayMs)));
    group.load.set(
      [at, utilizationMax, utilization],
      `— ${percent(last(utilization))} mean  ┄ ${percent(last(utilizationMax))} busiest`,
    );
  }
}

function makeGroup({ name }) {
  const ready = el('span', { class: 'pill' });
  const facts = el('p', { class: 'muted group-facts' });
  const start = el('p', { class: 'muted group-facts', hidden: true });
  const slot = el('div', { class: 'group-actions', 'data-group': name });
  const memory = new Chart({
    title: 'Memory, all workers',
    scale: 'bytes',
    series: [{ name: 'memory', color: '--line-1', fill: '--fill-1' }],
  });
  const late = new Chart({
    title: 'Event loop delay, worst',
    scale: 'delay',
    series: [{ name: 'delay', color: '--line-2', fill: '--fill-2' }],
  });
  const load = new Chart({
    title: 'Utilization',
    scale: 'share',
    series: [
      { name: 'busiest', color: '--line-3b', dash: [4, 3] },
      { name: 'mean', color: '--line-3', fill: '--fill-3' },
    ],
  });
  const head = el('div', { class: 'group-head' }, el('h3', {}, name), ready, slot);
  const first = el(
    'article',
    { class: 'card group' },
    head,
    facts,
    start,
    el('div', { class: 'charts' }, memory.node, late.node, load.node),
  );
  return { first, ready, facts, start, memory, delay: late, load };
}

function updateGroup({ ready, facts, start }, { type, target, strategy, own, reserve, template }) {
  const able = own.filter((worker) => worker.ready).length;
  const tone = able >= target ? 'good' : able === 0 ? 'bad' : 'warn';
  const sign = { good: '✓', warn: '!', bad: '✕' }[tone];
  setText(ready, `${sign} ${able} of ${target} ready`);
  setData(ready, 'tone', target === 0 ? 'quiet' : tone);
  const restarts = own.reduce((sum, worker) => sum + worker.restarts, 0);
  const connections = own.reduce((sum, worker) => sum + (worker.connections ?? 0), 0);
  const parts = [
    `${type} workers`,
    `${count(restarts)} ${restarts === 1 ? 'restart' : 'restarts'}`,
    `${count(connections)} connections`,
    `strategy ${strategy}`,
  ];
  if (reserve.length > 0)
    parts.push(`${reserve.filter(({ state }) => state === 'standby').length} of ${reserve.length} standby`);
  setText(facts, parts.join(' · '));
  showStart(start, template);
}

/** From what the workers are forked, or why they are spawned instead. */
function showStart(node, template) {
  show(node, template !== undefined);
  if (!template) return;
  const { state, pid, uptimeMs, reason, retryMs } = template;
  setData(node, 'tone', reason === undefined ? 'quiet' : 'warn');
  if (reason === undefined) {
    const parts = ['forked workers', `template ${state}`];
    if (pid !== undefined) parts.push(`pid ${pid}`, `up ${duration(uptimeMs)}`);
    setText(node, parts.join(' · '));
    return;
  }
  const next =
    retryMs !== undefined
      ? `next template in ${duration(retryMs)}`
      : pid === undefined
        ? undefined
        : `template pid ${pid} is loading`;
  setText(node, [`! spawned, not forked: ${reason}`, ...(next ? [next] : [])].join(' · '));
}
