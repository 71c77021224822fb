/**
 * Writes the generated files: docs/configuration.md and the option types from the table of keys, docs/cli.md from the
 * definitions of the command, docs/metrics.md from the table of metrics, docs/events.md and the report of the public
 * API from the declarations. With --check it exits with 1 when one of them is not up to date. scripts/types.ts checks
 * the last two, which need the compiler.
 *
 *   node --import tsx scripts/docs.ts [--check]
 */
import { cliPage } from './docs/cli-page';
import { configurationPage } from './docs/configuration-page';
import { keyOptions } from './docs/key-options';
import { MadeFile } from './docs/made-file';
import { metricsPage } from './docs/metrics-page';

/** In this order: later files are made from earlier ones. */
const MADE: Readonly<Record<string, () => string>> = {
  'src/config/key-options.ts': keyOptions,
  'docs/configuration.md': configurationPage,
  'docs/cli.md': cliPage,
  'docs/metrics.md': metricsPage,
};

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check');
  for (const [name, make] of Object.entries(MADE)) {
    const file = await MadeFile.of(name, make());
    if (isCheck) file.check();
    else file.write();
  }
  if (isCheck) return;
  const [{ API_REPORT, apiReport }, { EVENTS_PAGE, eventsPage }, { everything }] = await Promise.all([
    import('./docs/api-report'),
    import('./docs/events-page'),
    import('./types/everything'),
  ]);
  (await MadeFile.of(EVENTS_PAGE, eventsPage())).write();
  (await MadeFile.of(API_REPORT, apiReport(everything().program))).write();
}

void main();
