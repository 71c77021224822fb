import { showActions } from './actions.js';
import { showDeaths } from './deaths.js';
import { byId, el, setData, setText, show } from './dom.js';
import { clock, duration } from './format.js';
import { showGroups, showHistory } from './groups.js';
import { prepareWorkers, refreshDetails, showWorkers } from './workers.js';

const HISTORY_MS = 20_000;
/** The engine sends news every two seconds. */
const SILENT_MS = 8000;
const RECONNECT_MS = 2000;

let lastHeardAt = 0;
let source;

function connect() {
  source?.close();
  source = new EventSource('/events');
  source.addEventListener('status', ({ data }) => {
    lastHeardAt = Date.now();
    render(JSON.parse(data));
    setLive('live');
  });
  source.addEventListener('bye', lost);
  source.onerror = lost;
}

/** A browser gives up when the engine refuses for a while: then this connects again. */
function lost() {
  setLive('lost');
  if (source.readyState === EventSource.CLOSED) setTimeout(connect, RECONNECT_MS);
}

setInterval(() => {
  if (lastHeardAt === 0 || Date.now() - lastHeardAt < SILENT_MS) return;
  setLive('lost');
  if (source.readyState === EventSource.OPEN) connect();
}, 2000);

function setLive(state) {
  setData(byId('live'), 'live', state);
  setText(byId('live-text'), state === 'live' ? 'Live' : 'Not connected');
  show(byId('gone'), state === 'lost');
  document.body.classList.toggle('stale', state === 'lost');
  if (state !== 'lost') return;
  const since = lastHeardAt === 0 ? '' : ` What you see is from ${clock(lastHeardAt)}.`;
  setText(byId('gone'), `The connection to the engine is lost; trying again.${since}`);
}

function render({ status, readiness, hasActions }) {
  const { version, role, pid, uptimeMs, state, groups, rollout, sockets } = status;
  document.title = `${readiness.ready ? '' : '✕ '}${groups.map(({ name }) => name).join(', ') || 'serverengine'} · serverengine`;
  setText(byId('facts'), `${role}, pid ${pid}, version ${version}, up ${duration(uptimeMs)}`);
  const ready = byId('ready');
  setText(ready, readiness.ready ? '✓ Ready' : state === 'running' ? '✕ Not ready' : `✕ Not ready: ${state}`);
  setData(ready, 'tone', readiness.ready ? 'good' : 'bad');
  showReasons(readiness.reasons);
  showRollout(rollout);
  showGroups(status);
  showActions(hasActions, groups);
  showWorkers(status, readiness.reasons);
  showDeaths(status);
  showSockets(sockets);
}

function showReasons(reasons) {
  const list = byId('reasons');
  const texts = reasons.map(({ why }) => why);
  show(list, texts.length > 0);
  const shown = [...list.children].map((item) => item.textContent);
  const most = texts.slice(0, 6);
  if (texts.length > most.length) most.push(`and ${texts.length - most.length} more`);
  if (shown.join('\n') !== most.join('\n')) list.replaceChildren(...most.map((text) => el('li', {}, text)));
}

function showRollout(rollout) {
  show(byId('rollout'), rollout !== undefined);
  if (!rollout) return;
  const { group, replaced, left, startedAt } = rollout;
  setText(
    byId('rollout-text'),
    `Restart of ${group} since ${clock(startedAt)}: ${replaced} of ${replaced + left} replaced`,
  );
  const bar = byId('rollout-bar');
  bar.max = Math.max(1, replaced + left);
  bar.value = replaced;
}

function showSockets(sockets) {
  const list = byId('sockets');
  const shown = [...list.children].map((item) => item.textContent);
  const texts = sockets.length > 0 ? sockets : ['The engine holds no listening socket.'];
  if (shown.join('\n') !== texts.join('\n')) list.replaceChildren(...texts.map((text) => el('li', {}, text)));
}

async function loadHistory() {
  try {
    const { groups } = await (await fetch('/history.json')).json();
    showHistory(groups);
    await refreshDetails();
  } catch {
    // The connection is lost, and the page says so already.
  }
}

prepareWorkers();
connect();
// The first status creates the charts that this fills.
source.addEventListener('status', () => void loadHistory(), { once: true });
setInterval(() => void loadHistory(), HISTORY_MS);
