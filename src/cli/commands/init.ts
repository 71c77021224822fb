import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../../common/errors';
import { CliError, EXIT } from '../exit-codes';
import { ownDependency } from '../own-dependency';
import { projectFiles } from '../project-files';
import { asJson, type Screen } from '../screen';
import type { Template } from '../templates';

export interface InitOptions {
  readonly typescript?: boolean | undefined;
  readonly javascript?: boolean | undefined;
  readonly template: Template;
  readonly json?: boolean | undefined;
}

/** Writes a first program into a folder. Never overwrites a file. @throws CliError */
export function init(given: string, options: InitOptions, screen: Screen): void {
  if (options.typescript && options.javascript) {
    throw new CliError(EXIT.usage, 'give --typescript or --javascript, not both. The default is TypeScript.');
  }
  const folder = resolve(given);
  const files = projectFiles({
    name: basename(folder),
    language: options.javascript ? 'javascript' : 'typescript',
    template: options.template,
    serverengine: ownDependency(folder),
  });
  const taken = Object.keys(files).filter((name) => existsSync(join(folder, name)));
  if (taken.length > 0) {
    const what = `${given} has ${taken.join(', ')} already, and existing files are not overwritten`;
    throw new CliError(EXIT.failed, `${what}. Give a folder that is empty or does not exist.`);
  }
  try {
    makeFolder(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { flag: 'wx' });
  } catch (error) {
    const where = 'Give a folder where files can be made.';
    throw new CliError(EXIT.failed, `cannot write to ${given}: ${messageOf(error)}. ${where}`);
  }
  if (options.json) screen.write(asJson({ folder, files: Object.keys(files) }));
  else {
    const made = Object.keys(files).map((name) => `  ${name}\n`);
    const next = folder === process.cwd() ? '' : `cd ${quoted(given)} && `;
    screen.write(
      `created in ${given}:\n${made.join('')}\nNext: ${next}npm install && npm test && npm start\n`,
    );
  }
}

/** Not mkdir's own `recursive`: it never returns below /proc, where no folder can be made. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
