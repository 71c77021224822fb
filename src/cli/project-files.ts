export interface Project {
  /** Relative to its folder. */
  readonly name: string;
  readonly language: 'typescript' | 'javascript';
  /** The version of this package. */
  readonly version: string;
}

/** The files of a first program, by their names. */
export function projectFiles({ name, language, version }: Project): Readonly<Record<string, string>> {
  const isTypescript = language === 'typescript';
  const main = isTypescript ? 'server.ts' : 'server.mjs';
  return {
    'package.json': packageJson(name, main, version, isTypescript),
    [main]: isTypescript ? typescriptServer() : javascriptServer(),
    'server.yml': CONFIG,
    ...(isTypescript ? { 'tsconfig.json': TSCONFIG } : {}),
    '.gitignore': 'node_modules/\n*.log\n*.log.*\n*.pid\n*.pid.lock/\n*.pid.sock\n',
  };
}

function packageJson(name: string, main: string, version: string, isTypescript: boolean): string {
  // Only characters that npm accepts in the name of a package.
  const clean = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  const content = {
    name: clean === '' ? 'server' : clean,
    version: '0.1.0',
    private: true,
    scripts: {
      start: `serverengine start ${main}`,
      check: `${isTypescript ? 'tsc --noEmit && ' : ''}serverengine check-config ${main}`,
      status: 'serverengine status',
      restart: 'serverengine restart --wait',
      stop: 'serverengine stop',
    },
    dependencies: { serverengine: version === 'unknown' ? '*' : `^${version}`, zod: '^4.0.0' },
    ...(isTypescript
      ? { devDependencies: { '@types/node': '^20.0.0', tsx: '^4.0.0', typescript: '>=5.0.0' } }
      : {}),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

const CONFIG = `# Read at the start and at each reload (serverengine reload).
# Keys of the engine: serverengine config-schema lists all of them.
workers: 2
pidPath: server.pid
log: '-'
logLevel: info

# Keys of your own, as the schema in the program has them.
port: 8080
greeting: Hello
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2022",
    "module": "nodenext",
    "strict": true,
    "experimentalDecorators": true,
    "skipLibCheck": true,
    "noEmit": true,
    "types": ["node"]
  },
  "include": ["*.ts"]
}
`;

const SCHEMA = `const AppConfig = z.object({
  port: z.number().default(8080),
  greeting: z.string().default('Hello'),
});
`;

function typescriptServer(): string {
  return `import { createServer } from 'node:http';
import { join } from 'node:path';
import { fromFile, ServerEngine, Worker, worker } from 'serverengine';
import { z } from 'zod';

${SCHEMA}type AppConfig = z.infer<typeof AppConfig>;

@worker({ name: 'web', type: 'process', schema: AppConfig })
class WebWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    const server = createServer((_request, response) => {
      response.end(\`\${this.config.greeting} from worker \${String(this.workerId)}\\n\`);
      this.jobDone();
    });
    // All workers listen on this port, and the engine holds it while they come and go.
    server.listen(this.config.port, () => this.logger.info('listening', { port: this.config.port }));
    await this.untilStop();
  }
}

ServerEngine.create(null, WebWorker, fromFile(join(__dirname, 'server.yml'))).run();
`;
}

function javascriptServer(): string {
  return `import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { fromFile, ServerEngine, Worker, worker } from 'serverengine';
import { z } from 'zod';

${SCHEMA}
class WebWorker extends Worker {
  async run() {
    const server = createServer((_request, response) => {
      response.end(\`\${this.config.greeting} from worker \${this.workerId}\\n\`);
      this.jobDone();
    });
    // All workers listen on this port, and the engine holds it while they come and go.
    server.listen(this.config.port, () => this.logger.info('listening', { port: this.config.port }));
    await this.untilStop();
  }
}
worker({ name: 'web', type: 'process', schema: AppConfig })(WebWorker);

ServerEngine.create(null, WebWorker, fromFile(fileURLToPath(new URL('server.yml', import.meta.url)))).run();
`;
}
