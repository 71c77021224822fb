/**
 * Writes what is made from the source: docs/configuration.md and the option types from the table of keys,
 * docs/cli.md from the definitions of the command, docs/metrics.md from the table of metrics, the report of the public API
 * from the declarations. With --check exits with 1 if one of them is not up to date.
 *   node --import tsx scripts/docs.ts [--check]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, type FormatConfig } from 'oxfmt';
import { cliPage } from './docs/cli-page';
import { apiReport } from './docs/api-report';
import { configurationPage } from './docs/configuration-page';
import { keyOptions } from './docs/key-options';
import { metricsPage } from './docs/metrics-page';

const ROOT = join(__dirname, '..');

/** In this order: the later are made from what the earlier have written. */
const MADE: Readonly<Record<string, () => string>> = {
  'src/config/key-options.ts': keyOptions,
  'docs/configuration.md': configurationPage,
  'docs/cli.md': cliPage,
  'docs/metrics.md': metricsPage,
  'docs/internals/api.txt': apiReport,
};

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check');
  for (const [name, make] of Object.entries(MADE)) {
    const file = join(ROOT, name);
    const text = await formatted(file, make());
    if (text === current(file)) continue;
    if (isCheck) {
      console.error(`${name} is not up to date. Run: npm run docs`);
      process.exitCode = 1;
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`${name}: written.`);
  }
}

/** As `npm run format` leaves it. The report of the API is TypeScript without bodies. */
async function formatted(file: string, text: string): Promise<string> {
  const { ignorePatterns: _, ...options } = JSON.parse(
    readFileSync(join(ROOT, '.oxfmtrc.json'), 'utf8'),
  ) as FormatConfig & { ignorePatterns: string[] };
  return (await format(file.replace(/\.txt$/, '.d.ts'), text, options)).code;
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

void main();
