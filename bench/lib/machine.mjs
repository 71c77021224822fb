// The machine of the measurement.
import { cpus, loadavg, release, totalmem } from 'node:os';

export const loadNow = () => loadavg()[0];

/** `tools`: versions by name, undefined for missing ones. */
export function describeMachine(tools) {
  const [{ model }] = cpus();
  const titles = { ruby: 'ruby-serverengine' };
  const versions = Object.entries({ Node: process.versions.node, ...tools })
    .filter(([, version]) => version !== undefined)
    .map(([name, version]) => `${titles[name] ?? name} ${version}`);
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${cpus().length} cores, ${memory} GB, Linux ${release()}, over loopback. ${versions.join(', ')}.`;
}
