import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../../common/errors';
import { packageVersion } from '../../common/version';
import { CliError, EXIT } from '../exit-codes';
import { projectFiles } from '../project-files';
import { asJson, type Screen } from '../screen';

export interface InitOptions {
  readonly javascript?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Writes a first program into a folder. Never overwrites a file. @throws CliError */
export function init(given: string, { javascript, json }: InitOptions, screen: Screen): void {
  const folder = resolve(given);
  const language = javascript ? 'javascript' : 'typescript';
  const files = projectFiles({ name: basename(folder), language, version: packageVersion() });
  const taken = Object.keys(files).filter((name) => existsSync(join(folder, name)));
  if (taken.length > 0) {
    const what = `${given} has ${taken.join(', ')} already, and existing files are not overwritten`;
    throw new CliError(EXIT.failed, `${what}. Give a folder that is empty or does not exist.`);
  }
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text, { flag: 'wx' });
    }
  } catch (error) {
    throw new CliError(EXIT.failed, `cannot write to ${given}: ${messageOf(error)}`);
  }
  if (json) screen.write(asJson({ folder, files: Object.keys(files) }));
  else {
    const made = Object.keys(files).map((name) => `  ${name}\n`);
    screen.write(`created in ${given}:\n${made.join('')}\nNext: cd ${given} && npm install && npm start\n`);
  }
}
