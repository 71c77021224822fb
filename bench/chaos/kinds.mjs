// Actions against an engine. Each kind makes an action from random numbers, and perform.mjs performs it.

/**
 * `isGentle`: no request may fail through it. `make`: a random action of the kind as plain data. Its `pick` from 0 to
 * 1 selects one of the live processes, so that an action works with any number of them. `fits`: where it is possible.
 */
export const KINDS = [
  // Signals to the main process that mean a command. The first three are what a deployment sends.
  command('graceful restart', 'SIGUSR1', { weight: 5 }),
  command('reload', 'SIGUSR2', { weight: 3 }),
  command('live restart', 'SIGINT', { weight: 4, fits: isSupervised }),
  command('upgrade', 'SIGURG', { weight: 3 }),
  command('immediate restart', 'SIGHUP', { weight: 2, isGentle: false }),
  command('dump', 'SIGCONT', { weight: 1 }),
  command('one worker more', 'SIGTTIN', { weight: 1 }),
  command('one worker fewer', 'SIGTTOU', { weight: 1 }),
  {
    name: 'command by method',
    weight: 4,
    isGentle: true,
    make: (random) => random.pick([call('restart', true), call('reload'), call('upgrade'), call('dump')]),
  },
  {
    name: 'scale by method',
    weight: 3,
    isGentle: true,
    make: (random, { groups }) => call('scale', random.between(1, 4), { group: random.pick(groups).name }),
  },
  {
    name: 'live restart by method',
    weight: 1,
    isGentle: true,
    fits: isSupervised,
    make: () => call('detach'),
  },
  // Signals that bypass the main process.
  signals('signal to the server', 'server', ['SIGUSR1', 'SIGUSR2', 'SIGCONT'], { weight: 2, isGentle: true }),
  signals('end of the server', 'server', ['SIGTERM', 'SIGINT'], { weight: 2, isGentle: true }),
  signals('kill of the server', 'server', ['SIGKILL', 'SIGQUIT', 'SIGHUP', 'SIGABRT'], { weight: 3 }),
  signals('end of a worker', 'worker', ['SIGTERM', 'SIGINT'], { weight: 2, isGentle: true }),
  signals('signal to a worker', 'worker', ['SIGCONT', 'SIGUSR1', 'SIGUSR2'], { weight: 2, isGentle: true }),
  signals('kill of a worker', 'worker', ['SIGKILL', 'SIGQUIT', 'SIGHUP', 'SIGABRT'], { weight: 4 }),
  {
    name: 'kill of all workers',
    weight: 2,
    isGentle: false,
    fits: hasWorkerProcesses,
    make: () => ({ do: 'signal', to: 'worker', pick: 'all', name: 'SIGKILL' }),
  },
  {
    name: 'storm',
    weight: 2,
    isGentle: false,
    make: (random, shape) => ({
      do: 'storm',
      names: Array.from({ length: random.between(5, 40) }, () =>
        random.pick(
          ['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGCONT', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGWINCH'].concat(
            shape.supervisor ? 'SIGINT' : [],
          ),
        ),
      ),
      gapMs: random.pick([0, 1, 10, 50]),
    }),
  },
  // The process that workers are forked from: running ones do not need it, and starts do without.
  {
    name: 'kill of a template',
    weight: 3,
    isGentle: true,
    fits: isForked,
    make: (random) => ({
      do: 'signal',
      to: 'template',
      pick: random.next(),
      name: random.pick(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGSEGV']),
    }),
  },
  {
    name: 'frozen template',
    weight: 2,
    isGentle: true,
    fits: isForked,
    make: (random) => ({
      do: 'freeze',
      to: 'template',
      pick: random.next(),
      ms: random.between(200, 12_000),
    }),
  },
  harmOfTemplate('harm of a template in a rollout', ['SIGUSR1', 'SIGUSR1', 'SIGURG', 'SIGINT'], {
    weight: 4,
    isGentle: true,
  }),
  harmOfTemplate('harm of a template in starts', ['more workers'], { weight: 2, isGentle: true }),
  harmOfTemplate('harm of a template in rough starts', ['SIGHUP', 'kill of all workers'], { weight: 3 }),
  // Stopped and resumed in turn: in the middle of a fork, too.
  {
    name: 'template stopped often',
    weight: 2,
    isGentle: true,
    fits: isForked,
    make: (random) => ({
      do: 'flicker',
      to: 'template',
      times: random.between(5, 60),
      stopMs: random.between(1, 40),
      gapMs: random.between(0, 40),
      during: random.pick(['SIGUSR1', 'more workers', 'nothing']),
    }),
  },
  // Processes that are frozen for a while.
  freeze('short freeze', [200, 1500], { weight: 3, isGentle: true }),
  freeze('long freeze', [4000, 12_000], { weight: 1 }),
  {
    name: 'suspended machine',
    weight: 1,
    isGentle: true,
    make: (random) => ({ do: 'freeze', to: 'all', pick: 'all', ms: random.between(500, 11_000) }),
  },
  // Faults of a worker.
  order('short block', ({ between }) => ({ kind: 'block', ms: between(200, 1500) }), {
    weight: 2,
    isGentle: true,
  }),
  order('long block', ({ between }) => ({ kind: 'block', ms: between(9000, 11_000) }), { weight: 1 }),
  order('memory', ({ between }) => ({ kind: 'memory', megabytes: between(20, 150), ms: 1000 }), {
    weight: 1,
    isGentle: true,
  }),
  order('full heap', () => ({ kind: 'heap' }), {
    weight: 1,
    fits: ({ groups, uses = [] }) =>
      groups.every(({ type }) => type !== 'embedded' && type !== 'thread') &&
      // Filling it would take minutes.
      !uses.some((use) => use.includes('GB')),
  }),
  order('exit', ({ pick }) => ({ kind: 'exit', status: pick([0, 1, 7]) }), {
    weight: 2,
    fits: ({ groups }) => groups.every(({ type }) => type !== 'embedded'),
  }),
  order('throw', ({ pick }) => ({ kind: pick(['throw', 'reject']) }), {
    weight: 2,
    fits: ({ groups }) => groups.every(({ type }) => type !== 'embedded'),
  }),
  order('burst of lines', ({ between }) => ({ kind: 'burst', lines: between(200, 3000) }), {
    weight: 2,
    isGentle: true,
  }),
  // Faults of its environment.
  {
    name: 'crash loop',
    weight: 2,
    isGentle: false,
    make: (random, { groups }) => ({
      do: 'config',
      set: { crash: [random.pick(groups).name] },
      then: random.pick(['SIGUSR1', 'SIGHUP', 'SIGURG', 'SIGUSR2']),
      mendedMs: random.between(500, 4000),
    }),
  },
  {
    name: 'broken config',
    weight: 3,
    isGentle: true,
    make: (random) => ({
      do: 'config',
      set: random.pick([
        { text: '{ "workers": ' },
        { text: '' },
        { keys: { workerHeartbeatTimeout: 'soon' } },
      ]),
      then: random.pick(['SIGUSR1', 'SIGUSR2', 'SIGURG']),
      mendedMs: random.between(200, 4000),
    }),
  },
  {
    name: 'broken release',
    weight: 2,
    isGentle: true,
    make: (random) => ({ do: 'release', then: 'SIGURG', mendedMs: random.between(500, 4000) }),
  },
  {
    name: 'broken release, restarted',
    weight: 1,
    isGentle: false,
    make: (random) => ({
      do: 'release',
      then: random.pick(['SIGUSR1', 'SIGHUP']),
      mendedMs: random.between(500, 4000),
    }),
  },
  {
    name: 'moved log',
    weight: 2,
    isGentle: true,
    make: (random) => ({ do: 'moveLog', ...(random.chance(0.5) ? { then: 'SIGUSR2' } : {}) }),
  },
  {
    name: 'full disk',
    weight: 2,
    isGentle: true,
    fits: ({ hasDisk }) => hasDisk,
    make: (random) => ({ do: 'fillDisk', mendedMs: random.between(500, 4000) }),
  },
];

function command(name, signal, { isGentle = true, ...rest }) {
  return { name, isGentle, ...rest, make: () => ({ do: 'signal', to: 'main', pick: 0, name: signal }) };
}

function call(method, ...args) {
  return { do: 'call', method, args };
}

function signals(name, to, names, { isGentle = false, ...rest }) {
  return {
    name,
    isGentle,
    ...rest,
    fits: to === 'server' ? isSupervised : hasWorkerProcesses,
    make: (random) => ({ do: 'signal', to, pick: random.next(), name: random.pick(names) }),
  };
}

function freeze(name, [least, most], { isGentle = false, ...rest }) {
  return {
    name,
    isGentle,
    ...rest,
    make: (random, shape) => ({
      do: 'freeze',
      to: random.pick([
        'main',
        ...(isSupervised(shape) ? ['server'] : []),
        ...(hasWorkerProcesses(shape) ? ['worker'] : []),
      ]),
      pick: random.next(),
      ms: random.between(least, most),
    }),
  };
}

/** `isNew`: the template is one that is started by that command. It may still load the program, check itself, or fork. */
function harmOfTemplate(name, commands, { isGentle = false, ...rest }) {
  return {
    name,
    isGentle,
    ...rest,
    fits: isForked,
    make: (random, shape) => ({
      do: 'harmTemplate',
      to: 'template',
      during: random.pick(commands.filter((one) => one !== 'SIGINT' || isSupervised(shape))),
      isNew: random.chance(0.6),
      afterMs: random.between(0, random.pick([30, 400])),
      ...random.pick([
        { name: 'SIGKILL' },
        { name: 'SIGSEGV' },
        { name: 'SIGSTOP', ms: random.between(10, 1000) },
        { name: 'SIGSTOP', ms: random.between(5000, 12_000) },
      ]),
    }),
  };
}

function order(name, make, { isGentle = false, ...rest }) {
  return {
    name,
    isGentle,
    ...rest,
    make: (random, { groups }) => {
      const group = random.pick(groups);
      const tools = {
        between: (least, most) => random.between(least, most),
        pick: (values) => random.pick(values),
      };
      return {
        do: 'order',
        worker: `${group.name}-${random.between(0, group.workers - 1)}`,
        order: make(tools),
      };
    },
  };
}

function isForked({ start }) {
  return start === 'fork';
}

function isSupervised({ supervisor }) {
  return supervisor;
}

function hasWorkerProcesses({ groups }) {
  return groups.some(({ type }) => type === 'process' || type === 'spawn');
}
