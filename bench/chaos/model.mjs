// The invariants. Pure: takes what was done and observed, returns a list of violations.

/** How far the clocks of two processes may differ. */
const CLOCK_MS = 250;

/**
 * Checks the tree at rest. `status`: the result of engine.status(). `target`: workers by group, undefined where any
 * number is right. `children`: the groups whose programs have a child each. `autoscale`: its bounds, where it sets
 * the number. `version`: of the configuration. `standbyWorkers`: how many each group has in reserve. `restartedAt`:
 * no worker may be older than the last requested restart.
 */
export function judgeTree({
  shape,
  isDaemon,
  members,
  status,
  target,
  version,
  facts,
  standbyWorkers = 0,
  children = [],
  autoscale,
  restartedAt = 0,
  now = Infinity,
}) {
  const wrong = [];
  const count = (role) => members.filter((member) => member.role === role).length;
  const expect = (what, found, wanted) => {
    if (found !== wanted) wrong.push(`${found} ${what} instead of ${wanted}`);
  };
  const mains = count('main');
  expect('main processes', mains, 1);
  expect('server processes', count('server'), shape.supervisor ? 1 : 0);
  // In the foreground each upgrade leaves a stand-in: the process that was started, or a successor of it.
  const isLeft = (role) => role === 'stand-in' || role === 'successor' || role === 'daemon';
  const strangers = members.filter(
    ({ role }) => isLeft(role) || !['main', 'server', 'worker', 'child', 'template'].includes(role),
  );
  if (isDaemon) for (const { role, pid } of strangers) wrong.push(`a ${role} ${pid} is left`);
  if (status === undefined) return [...wrong, 'engine.status() does not answer'];
  if (!('workers' in status)) return [...wrong, `engine.status() fails: ${JSON.stringify(status)}`];

  const own = status.workers.filter(({ pid }) => pid !== undefined);
  const inProcesses = [...own, ...status.standby]
    .filter(({ group }) => isProcess(shape, group))
    .map(({ pid }) => pid);
  const workers = members.filter(({ role }) => role === 'worker').map(({ pid }) => pid);
  for (const pid of workers)
    if (!inProcesses.includes(pid)) wrong.push(`a worker ${pid} that the status does not know`);
  for (const pid of inProcesses)
    if (!workers.includes(pid)) wrong.push(`a worker ${pid} of the status does not live`);
  wrong.push(...judgeTemplates(shape, members, status));
  const parents = own.filter(({ group }) => children.includes(group)).length;
  expect('children of programs', count('child'), parents);
  for (const { name } of shape.groups) {
    const { target: said } = status.groups.find((group) => group.name === name) ?? {};
    // A supervisor knows no groups before the first message of its server, so it is not at rest.
    if (said === undefined) {
      wrong.push(`the status does not know the group ${name}`);
      continue;
    }
    const ofGroup = status.workers.filter(({ group }) => group === name);
    const ids = ofGroup.map(({ workerId }) => workerId).sort((left, right) => left - right);
    const wanted = (autoscale ? undefined : target?.[name]) ?? said;
    if (autoscale && (said < autoscale.min || said > autoscale.max))
      wrong.push(`${name} is to have ${said} workers, beyond what autoscale says`);
    if (said !== wanted) wrong.push(`${name} is to have ${said} workers instead of ${wanted}`);
    if (ids.join() !== Array.from({ length: wanted }, (_, id) => id).join()) {
      wrong.push(`${name} has the workers [${ids}] instead of 0 to ${wanted - 1}`);
    }
    const waiting = status.standby.filter(({ group, state }) => group === name && state === 'standby').length;
    if (waiting !== standbyWorkers)
      wrong.push(`${name} has a reserve of ${waiting} instead of ${standbyWorkers}`);
    for (const { workerId, uptimeMs } of ofGroup) {
      if (now - uptimeMs < restartedAt - CLOCK_MS)
        wrong.push(`${name}/${workerId} is older than the last restart`);
    }
    for (const { workerId, state } of ofGroup) {
      if (state !== 'running') wrong.push(`${name}/${workerId} is ${state}`);
    }
  }
  if (version !== undefined) wrong.push(...judgeVersions(shape, own, facts, version));
  return wrong;
}

/** At rest each group has at most one template, and the status tells the truth about it. */
function judgeTemplates({ groups, start }, members, status) {
  const pids = members.filter(({ role }) => role === 'template').map(({ pid }) => pid);
  const forked = start === 'fork' ? groups.filter(({ type }) => type === 'process') : [];
  const said = status.groups.flatMap(({ template }) => template ?? []);
  const wrong = [];
  if (said.length !== forked.length)
    wrong.push(`the status has ${said.length} templates instead of ${forked.length}`);
  for (const pid of pids)
    if (!said.some((template) => template.pid === pid))
      wrong.push(`a template ${pid} that the status does not know`);
  for (const { state, pid, reason } of said) {
    if (pid !== undefined && !pids.includes(pid)) wrong.push(`a template ${pid} of the status does not live`);
    // It may be lost, and tried again later than an episode ends.
    if (!['ready', 'waiting', 'lost'].includes(state)) wrong.push(`a template is ${state}: ${reason}`);
  }
  return wrong;
}

/** Checks that the last good configuration has reached every worker that can report it. */
function judgeVersions(shape, workers, facts, version) {
  return workers.flatMap(({ group, workerId, pid }) => {
    if (typeOf(shape, group) === 'spawn') return [];
    const found = facts.get(`${group}-${workerId}-${pid}`);
    return found === version
      ? []
      : [`${group}/${workerId} has version ${found} of the configuration instead of ${version}`];
  });
}

/**
 * Checks the client requests. `quietAt`: when everything was at rest again. In a rough episode only two kinds count:
 * requests that were refused while a process above held the sockets, and all requests that came at rest.
 */
export function judgeRequests({ shape, isGentle, hasEnded, failures, asked, quietAt }) {
  if (asked === 0) return ['no request was asked'];
  return failures
    .filter(({ name, at, isRefused }) => {
      if (at > quietAt) return true;
      const type = name === 'unix' ? 'process' : typeOf(shape, name);
      if (isGentle && type === 'process') return true;
      return isRefused && !hasEnded;
    })
    .map(
      ({ name, at, endedAt, why }) =>
        `${name}: a request of ${new Date(at).toISOString()} failed after ${endedAt - at} ms: ${why}`,
    );
}

/**
 * Checks the end. `exit`: of the process that was started. `isServerKilled`: whether a server was killed at some
 * time, because nothing removes the socket of its socket manager then.
 */
export function judgeEnd({ end, isDaemon, exit, members, leftovers, isServerKilled }) {
  const wrong = members.map(({ role, pid }) => `a ${role} ${pid} is left after the end`);
  const isKilled = end === 'SIGKILL';
  if (!isDaemon && !isKilled && (exit === undefined || exit.code !== 0)) {
    wrong.push(
      `the status is ${exit === undefined ? 'none: it has not ended' : (exit.signal ?? exit.code)} instead of 0`,
    );
  }
  // The next start removes what a killed process leaves.
  if (isKilled) return wrong;
  const left = isServerKilled ? leftovers.filter((name) => !name.startsWith('sockets/')) : leftovers;
  return [...wrong, ...left.map((name) => `${name} is left after the end`)];
}

const BY_BROKEN_PROCESSES = ['SIGSEGV', 'SIGILL', 'SIGBUS', 'SIGTRAP'];

/** Of forked workers, by the log: none dies as a program does not, and none is spawned unless what it is forked from was harmed. */
export function judgeForks(records, isHarmed) {
  return records.flatMap(({ message = '', signal, reason }) => {
    if (/^worker .* finished/.test(message) && BY_BROKEN_PROCESSES.includes(signal))
      return [`a forked process is broken: ${message}`];
    if (/from now on workers are spawned/.test(message)) return [message];
    return !isHarmed && /^workers are spawned, not forked/.test(message) ? [`${message}: ${reason}`] : [];
  });
}

/** Of what workers do besides serving: each time it comes out as it should. */
export function judgeUses(records) {
  return records
    .filter(({ message }) => message === 'use failed')
    .map(
      ({ use, isForked, pid, why }) =>
        `${use} failed in the ${isForked ? 'forked' : 'spawned'} worker ${pid}: ${why}`,
    );
}

/** Each time that a worker has done one of the things. */
export function usesDone(records) {
  return records
    .filter(({ message }) => message === 'use done')
    .map(({ use, isForked }) => ({ use, isForked }));
}

/** Of a process worker: stdout, stderr, channel, heartbeat, log and watchdog. */
const DESCRIPTORS_OF_WORKER = 6;

/**
 * Checks what parents hold: at rest no child that has ended, and no more descriptors than at the start, except a few that are opened once and those of
 * additional workers, for example by autoscale.
 */
export function judgeHoldings(before, after, spare, moreWorkers = 0) {
  return Object.keys(before).flatMap((role) => {
    const [first, last] = [before[role], after[role]];
    if (first === undefined || last === undefined) return [];
    const limit = first.descriptors + spare + Math.max(0, moreWorkers) * DESCRIPTORS_OF_WORKER;
    return [
      ...(last.descriptors > limit
        ? [`the ${role} has ${last.descriptors} descriptors instead of ${first.descriptors}`]
        : []),
      ...(waitedFor(last.zombies).length > 0 ? [`the ${role} has zombies: ${last.zombies.join(', ')}`] : []),
    ];
  });
}

/**
 * Without the children of programs with `killTree`: a server that forks may adopt one that has just lost its program,
 * and collects it within three minutes.
 */
function waitedFor(zombies = []) {
  return zombies.filter((name) => name !== 'sleep' && name !== 'sh');
}

function isProcess(shape, group) {
  const type = typeOf(shape, group);
  return type === 'process' || type === 'spawn';
}

function typeOf({ groups }, name) {
  return groups.find((group) => group.name === name)?.type;
}
