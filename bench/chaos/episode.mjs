// One episode as plain data: an engine, and timed actions against it. The same seed makes the same episode.
import { KINDS } from './kinds.mjs';
import { Random } from './random.mjs';
import { SETTINGS, SHAPES, USES } from './shapes.mjs';

const MOST_ACTIONS = 9;
const SPREAD_MS = 700;
const MOST_USES = 5;

/** How it ends. All but the last end the engine with status 0. */
export const ENDS = [
  { name: 'SIGTERM', weight: 6 },
  { name: 'SIGQUIT', weight: 2 },
  { name: 'stop by method', weight: 2 },
  { name: 'SIGINT', weight: 1, fits: ({ supervisor }) => !supervisor },
  { name: 'SIGTERM while a restart runs', weight: 2 },
  { name: 'SIGKILL', weight: 1 },
];

/**
 * @param {{ hasDisk: boolean, only?: string, start?: 'spawn' | 'fork', addons?: string[] }} around whether a disk can be filled; a pattern
 * for the names of shapes; how process workers are started; the native addons that are installed
 * @returns {{ seed, index, shape, config, isGentle, actions: { at: number, kind: string, do: string }[], end: string }}
 */
export function makeEpisode(seed, index, { hasDisk, only = '', start = 'spawn', addons = [] }) {
  const random = new Random(seed, index);
  const shapes = SHAPES.filter(({ name, groups }) => {
    if (start === 'fork' && groups.every((group) => !canFork(group))) return false;
    return new RegExp(only).test(name);
  });
  if (shapes.length === 0)
    throw new Error(`no shape is called ${only}: ${SHAPES.map(({ name }) => name).join('; ')}`);
  const shape = { ...random.weighted(shapes), hasDisk, start };
  const config = settingsOf(random, shape);
  if (start === 'fork') {
    shape.uses = usesOf(random, addons);
    if (shape.uses.length > 0) makeRoomForUses(config);
    for (const { name } of shape.groups.filter(canFork))
      config.groups = {
        ...config.groups,
        [name]: { ...config.groups?.[name], ...limitsFor(shape.uses), start: 'fork' },
      };
  }
  const isGentle = random.chance(0.5);
  const kinds = KINDS.filter((kind) => (kind.fits?.(shape) ?? true) && (kind.isGentle || !isGentle));
  const count = random.between(1, MOST_ACTIONS);
  // Half of them at about the same time: actions that overlap find most faults.
  const spreadMs = random.pick([20, SPREAD_MS, SPREAD_MS, 2 * SPREAD_MS]);
  let at = 0;
  const actions = Array.from({ length: count }, () => {
    at += random.chance(0.25) ? 0 : random.between(0, spreadMs);
    const kind = random.weighted(kinds);
    return { at, kind: kind.name, ...kind.make(random, shape) };
  });
  const { name: end } = random.weighted(ENDS.filter(({ fits }) => fits?.(shape) ?? true));
  return { seed, index, shape, config, isGentle: actions.every(isGentleAction), actions, end };
}

/** What workers do besides serving; in a third of the episodes nothing. */
function usesOf(random, addons) {
  if (random.chance(1 / 3)) return [];
  const [major] = process.versions.node.split('.').map(Number);
  const possible = USES.filter(
    ({ since = 0, addon }) => major >= since && (addon === undefined || addons.includes(addon)),
  );
  const names = Array.from({ length: random.between(1, MOST_USES) }, () => random.weighted(possible).name);
  return [...new Set(names)];
}

/** They need more memory than the settings that limit it allow for, and a worker that collects garbage all the time drains slowly. */
function limitsFor(uses) {
  if (uses.length === 0) return {};
  const isLarge = uses.some((name) => name.includes('GB'));
  return { heapLimit: isLarge ? '1600MB' : '400MB', maxMemory: '3000MB', gracefulKillTimeout: 20 };
}

/** Busy workers would be added or replaced faster than they drain, so that the engine would never rest. */
function makeRoomForUses(config) {
  delete config.workerMaxAge;
  delete config.autoscale;
  config.serverGracefulKillTimeout = 35;
}

function canFork({ type }) {
  return type === 'process';
}

/** Whether every request must be answered despite the action. */
export function isGentleAction({ kind }) {
  return KINDS.find(({ name }) => name === kind).isGentle;
}

function settingsOf(random, shape) {
  const config = {};
  for (const { percent, config: keys, fits, ofType } of SETTINGS) {
    // Always draw the number: a row that does not fit must not shift the others.
    const isSet = random.chance(percent / 100);
    if (!isSet || !(fits?.(shape) ?? true)) continue;
    if (ofType === undefined) Object.assign(config, keys);
    for (const { name, type } of shape.groups)
      if (type === ofType) config.groups = { ...config.groups, [name]: keys };
  }
  return config;
}

/** A readable list of the actions, one a line. */
export function describeEpisode({ seed, index, shape, config, isGentle, actions, end }) {
  const settings = Object.entries(config).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  return [
    `seed ${seed}, episode ${index}: ${[shape.name, ...settings].join(', ')}; ${isGentle ? 'no request may fail' : 'rough'}`,
    ...(shape.uses?.length > 0 ? [`  workers do: ${shape.uses.join(', ')}`] : []),
    ...actions.map((action) => `  ${String(action.at).padStart(5)} ms  ${describeAction(action)}`),
    `  then   ${end}`,
  ];
}

function describeAction({ at, kind, ...rest }) {
  void at;
  return `${kind}: ${JSON.stringify(rest)}`;
}
