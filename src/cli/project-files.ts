import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from './templates';

export interface Project {
  /** The name of its folder. */
  readonly name: string;
  readonly language: 'typescript' | 'javascript';
  readonly template: Template;
  /** The version range of this package, or the path of its tarball. */
  readonly serverengine: string;
}

const ROOT = join(__dirname, '..', '..', 'templates');

/** npm does not pack files of these names as they are. */
const REAL_NAMES: Readonly<Record<string, string>> = {
  gitignore: '.gitignore',
  dockerignore: '.dockerignore',
};

/** The files of a first program, by their names. */
export function projectFiles(project: Project): Readonly<Record<string, string>> {
  const { language, template } = project;
  const name = packageName(project.name);
  const values = placeholders(project, name);
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (_all, key: string) => values[key] ?? '');
  const realName = (file: string): string =>
    file === 'service' ? `${name}.service` : (REAL_NAMES[file] ?? file);
  const shared = filesIn('shared').filter(([file]) => file !== 'tsconfig.json' || language === 'typescript');
  return {
    'package.json': packageJson(project, name),
    ...Object.fromEntries(filesIn(template, language)),
    ...Object.fromEntries(filesIn(template)),
    ...Object.fromEntries(shared.map(([file, text]) => [realName(file), fill(text)])),
  };
}

/** With only the characters that npm accepts. */
function packageName(folder: string): string {
  const clean = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  return clean === '' ? 'server' : clean;
}

function filesIn(...folder: readonly string[]): readonly (readonly [name: string, text: string])[] {
  const path = join(ROOT, ...folder);
  const files = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ name }) => [name, readFileSync(join(path, name), 'utf8')]);
}

function packageJson({ language, template, serverengine }: Project, name: string): string {
  const isTypescript = language === 'typescript';
  const main = isTypescript ? 'server.ts' : 'server.mjs';
  const addJob = isTypescript ? 'node --import tsx add-job.ts' : 'node add-job.mjs';
  const content = {
    name,
    version: '0.1.0',
    private: true,
    scripts: {
      start: `serverengine start ${main}`,
      dev: `serverengine start --watch ${main}`,
      test: isTypescript ? 'node --import tsx --test *.test.ts' : 'node --test',
      check: `${isTypescript ? 'tsc --noEmit && ' : ''}serverengine check-config ${main}`,
      ...(isTypescript ? { build: 'tsc' } : {}),
      ...(template === 'queue' ? { add: addJob } : {}),
      status: 'serverengine status',
      restart: 'serverengine restart --wait',
      reload: 'serverengine reload',
      stop: 'serverengine stop',
    },
    dependencies: {
      ...(template === 'fastify' ? { fastify: '^5.0.0' } : {}),
      serverengine,
      zod: '^4.0.0',
    },
    ...(isTypescript
      ? { devDependencies: { '@types/node': '^20.0.0', tsx: '^4.0.0', typescript: '^6.0.0' } }
      : {}),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** What differs in the shared files. */
function placeholders({ language, template }: Project, name: string): Readonly<Record<string, string>> {
  const isTypescript = language === 'typescript';
  const answers = {
    what: 'two processes answer HTTP on port 8080',
    try: 'Try `curl http://127.0.0.1:8080/`.',
  };
  const works = { what: 'two processes do the jobs of a queue', try: 'Try `npm run add -- hello`.' };
  const isQueue = template === 'queue';
  return {
    name,
    main: isTypescript ? 'dist/server.js' : 'server.mjs',
    andBuild: isTypescript ? ' and npm run build' : '',
    // As wide as its column.
    check: (isTypescript ? 'checks the types and `server.yml`' : 'checks `server.yml`').padEnd(48),
    publish: isQueue ? ` --volume ${name}:/jobs` : ' --publish 8080:8080',
    dockerOwn: isQueue ? 'ENV SERVERENGINE_FOLDER=/jobs\nRUN mkdir /jobs && chown node /jobs\n' : '',
    serviceOwn: isQueue ? `StateDirectory=${name}\nEnvironment=SERVERENGINE_FOLDER=/var/lib/${name}\n` : '',
    ...(isQueue ? works : answers),
  };
}
