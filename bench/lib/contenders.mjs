// The contenders: how to start each, and its own way of a graceful restart.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './commands.mjs';
import { peerPath } from './peers.mjs';

const RELOAD_MS = 60_000;

const appPath = (name) => fileURLToPath(new URL(`../apps/${name}`, import.meta.url));
const nodeApp = (name, env) => () => ({ command: process.execPath, args: [appPath(name)], env });
const FORKED = { BENCH_START: 'fork' };
const bySignal = (name) => (tree) => tree.signal(name);

/**
 * `command`: starts it. `ways`: of a graceful restart. `isRolling`: the other workers serve while one is replaced.
 * `daemonPid`: of a daemon that its command leaves.
 */
export const CONTENDERS = {
  serverengine: {
    title: 'serverengine',
    command: nodeApp('serverengine.cjs'),
    ways: [
      {
        title: 'USR1, rolling',
        isRolling: true,
        env: { BENCH_STRATEGY: 'rolling' },
        act: bySignal('SIGUSR1'),
      },
      { title: 'USR1, all', env: { BENCH_STRATEGY: 'all' }, act: bySignal('SIGUSR1') },
    ],
  },
  'serverengine-fork': {
    title: 'serverengine, forked',
    command: nodeApp('serverengine.cjs', FORKED),
    ways: [],
  },
  'serverengine-fork-preload': {
    title: 'serverengine, forked, with preload',
    command: nodeApp('serverengine.cjs', { ...FORKED, BENCH_PRELOAD: '1' }),
    ways: [],
  },
  'serverengine-fork-standby': {
    title: 'serverengine, forked, with a standby',
    command: nodeApp('serverengine.cjs', FORKED),
    ways: [],
  },
  'serverengine-alone': { title: 'serverengine, no standby', command: nodeApp('serverengine.cjs'), ways: [] },
  'serverengine-reflect': {
    title: 'serverengine, with reflect-metadata',
    command: nodeApp('serverengine.cjs'),
    ways: [],
  },
  cluster: {
    title: 'node:cluster',
    command: nodeApp('cluster.cjs'),
    ways: [{ title: 'rolling, by hand', isRolling: true, act: bySignal('SIGUSR1') }],
  },
  throng: { title: 'throng', command: nodeApp('throng.cjs'), ways: [] },
  pm2: {
    title: 'PM2',
    command: pm2Start,
    daemonPid: pm2DaemonPid,
    ways: [{ title: 'reload', isRolling: true, act: pm2Reload }],
  },
  puma: {
    title: 'Puma',
    command: pumaStart,
    ways: [
      { title: 'USR1, phased', isRolling: true, env: { BENCH_CLOSE: '1' }, act: bySignal('SIGUSR1') },
      { title: 'USR2, hot', env: { BENCH_CLOSE: '1' }, act: bySignal('SIGUSR2') },
    ],
  },
  'puma-preload': {
    title: 'Puma, preload_app!',
    command: () => ({ ...pumaStart(), env: { BENCH_PRELOAD: '1' } }),
    ways: [],
  },
  gunicorn: {
    title: 'Gunicorn',
    command: gunicornStart,
    ways: [{ title: 'HUP', isRolling: true, act: bySignal('SIGHUP') }],
  },
  'gunicorn-preload': {
    title: 'Gunicorn, --preload',
    command: (place) => {
      const { args, ...rest } = gunicornStart(place);
      return { ...rest, args: ['--preload', ...args] };
    },
    ways: [],
  },
  ruby: {
    title: 'ServerEngine (Ruby)',
    command: () => ({ command: 'ruby', args: [appPath('ruby-serverengine.rb')] }),
    ways: [{ title: 'USR1', act: bySignal('SIGUSR1') }],
  },
  'inherited-fd': { title: 'an inherited descriptor', command: nodeApp('inherited-fd.cjs') },
  fork: { title: 'child_process.fork', command: nodeApp('fork.cjs'), ways: [] },
  'sleep-serverengine': { title: 'serverengine', command: nodeApp('sleep-serverengine.cjs') },
  'sleep-cluster': { title: 'node:cluster', command: nodeApp('sleep-cluster.cjs') },
  'logs-serverengine': { title: 'serverengine', command: nodeApp('logs-serverengine.cjs') },
  'logs-winston': { title: 'winston File', command: nodeApp('logs-winston.cjs') },
  'logs-pino': { title: 'pino', command: nodeApp('logs-pino.cjs') },
};

function pumaStart() {
  return { command: 'puma', args: ['--quiet', '--config', appPath('puma.rb')] };
}

function gunicornStart({ port, workers }) {
  const args = ['--bind', `127.0.0.1:${port}`, '--workers', String(workers), '--chdir', appPath('')];
  const config = ['--config', appPath('gunicorn_app.py')];
  return {
    command: 'gunicorn',
    args: [...args, ...config, 'gunicorn_app:app'],
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  };
}

function pm2Start({ folder, workers }) {
  // PM2 asks a server for its newest version unless this file shows an earlier run.
  writeFileSync(join(folder, 'touch'), '');
  return {
    command: process.execPath,
    args: [peerPath('pm2/bin/pm2'), 'start', appPath('pm2.cjs'), '--name', 'bench', '-i', String(workers)],
    env: { PM2_HOME: folder, PM2_DISABLE_VERSION_CHECK: 'true' },
  };
}

function pm2DaemonPid({ folder }) {
  try {
    return Number(readFileSync(join(folder, 'pm2.pid'), 'utf8'));
  } catch {
    return undefined;
  }
}

async function pm2Reload({ env }) {
  const args = [peerPath('pm2/bin/pm2'), 'reload', 'bench'];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { limitMs: RELOAD_MS, env });
  if (code !== 0)
    throw new Error(`pm2 reload ended with ${code}: ${(stderr || stdout).trim().slice(0, 200)}`);
}
