import { byId, el, keyed, setText, show } from './dom.js';
import { bytes, dayAndClock, duration, howItEnded, readable, words } from './format.js';

const known = new Map();
const INTENDED = new Set([
  'stop',
  'restart',
  'reload',
  'scale_down',
  'upgrade',
  'max_memory',
  'max_age',
  'max_jobs',
  'standby_refresh',
]);

export function showDeaths({ deaths, groups }) {
  const several = groups.length > 1;
  show(byId('deaths-none'), deaths.length === 0);
  setText(byId('deaths-count'), deaths.length === 0 ? '' : String(deaths.length));
  const latest = deaths.toReversed();
  keyed(
    byId('deaths'),
    known,
    latest,
    (one) => `${one.group}/${one.workerId}/${one.generation}/${one.at}`,
    (one) => makeDeath(one, several),
    () => {},
  );
}

function makeDeath(death, several) {
  const { group, workerId, pid, reason, at, uptimeMs, rssBytes, likelyCause, hang, lastLines } = death;
  const isIntended = reason === undefined || INTENDED.has(reason);
  const who = several ? `${group} ${workerId}` : `worker ${workerId}`;
  const tone = isIntended ? 'quiet' : 'bad';
  const summary = el(
    'summary',
    {},
    el('time', { datetime: new Date(at).toISOString() }, dayAndClock(at)),
    el('strong', {}, who),
    el('span', { class: 'pill small', 'data-tone': tone }, `${isIntended ? '↻' : '✕'} ${words(reason)}`),
    el('span', { class: 'how' }, `${howItEnded(death)}, after ${duration(uptimeMs)}`),
  );
  const facts = [pid === undefined ? 'it was never started' : `pid ${pid}`, `generation ${death.generation}`];
  if (rssBytes !== undefined) facts.push(`memory ${bytes(rssBytes)}`);
  if (hang) facts.push(`it was ${hang}`);
  if (likelyCause) facts.push(likelyCause);
  const body = [el('p', { class: 'muted' }, facts.join(' · '))];
  if (lastLines)
    body.push(
      el('p', { class: 'muted' }, 'The last lines that it wrote:'),
      el('pre', { tabindex: '0' }, lastLines.map(readable).join('\n')),
    );
  return el('details', { class: 'card death' }, summary, ...body);
}
