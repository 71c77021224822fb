import { sep } from 'node:path';
import type { ProgramMetricsAnswer } from '../commands/program-metrics';

/** What we need of a registry of prom-client. */
interface Register {
  getMetricsAsJSON(): Promise<unknown[]>;
}

const ENTRY = `${sep}prom-client${sep}index.js`;

// The process above keeps the text for as long as the worker lives.
const LONGEST_CHARACTERS = 4_000_000;

/**
 * The contents of the default registry of prom-client, as JSON; no text if the program has not loaded it. Never
 * rejects. The package is never loaded here: a program without it pays nothing. A copy inside a bundle is not found.
 */
export async function programMetrics(
  modules: Readonly<Record<string, { readonly exports: unknown } | undefined>> = require.cache,
): Promise<ProgramMetricsAnswer> {
  try {
    const registers = Object.keys(modules)
      .filter((file) => file.endsWith(ENTRY))
      .map((file) => (modules[file]?.exports as { readonly register?: Register } | undefined)?.register)
      .filter((register) => register !== undefined);
    if (registers.length === 0) return {};
    const metrics = await Promise.all(registers.map((register) => register.getMetricsAsJSON()));
    const text = JSON.stringify(metrics.flat());
    return text.length > LONGEST_CHARACTERS ? { isBroken: true } : { text };
  } catch {
    return { isBroken: true };
  }
}
