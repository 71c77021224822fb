import { projectFiles, type Project } from '../../../src/cli/project-files';
import { TEMPLATES } from '../../../src/cli/templates';

const of = (project: Partial<Project>): Readonly<Record<string, string>> =>
  projectFiles({
    name: 'My Shop',
    language: 'typescript',
    template: 'http',
    serverengine: '^1.2.3',
    ...project,
  });

interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifestOf = (files: Readonly<Record<string, string>>): Manifest =>
  JSON.parse(files['package.json'] ?? '') as Manifest;

const SHARED = ['.dockerignore', '.gitignore', 'Dockerfile', 'README.md', 'my-shop.service', 'package.json'];

describe('projectFiles', () => {
  it.each(TEMPLATES)('%s has the program in both languages, its test, and the shared files', (template) => {
    const [typescript, javascript] = (['typescript', 'javascript'] as const).map((language) =>
      Object.keys(of({ template, language })),
    );
    const programs = typescript?.filter((name) => name.endsWith('.ts')) ?? [];
    expect(programs).toEqual(expect.arrayContaining(['server.ts', 'worker.ts']));
    expect(programs.some((name) => name.endsWith('.test.ts'))).toBe(true);
    const same = [...SHARED, 'server.yml'];
    expect(typescript?.sort()).toEqual([...same, 'tsconfig.json', ...programs].sort());
    const translated = programs.map((name) => name.replace(/ts$/, 'mjs'));
    expect(javascript?.sort()).toEqual([...same, ...translated].sort());
  });

  it.each(TEMPLATES)('%s has no placeholder left', (template) => {
    for (const language of ['typescript', 'javascript'] as const) {
      const texts = Object.values(of({ template, language })).join('\n');
      expect(texts).not.toMatch(/\{\{/);
    }
  });

  it('makes a valid npm name, and the scripts start the generated program', () => {
    const shop = manifestOf(of({}));
    expect(shop).toMatchObject({ name: 'my-shop', dependencies: { serverengine: '^1.2.3' } });
    expect(shop.scripts['start']).toBe('serverengine start server.ts');
    expect(manifestOf(of({ name: '___' })).name).toBe('server');
    const queue = of({ template: 'queue', language: 'javascript' });
    expect(manifestOf(queue).scripts['start']).toBe('serverengine start server.mjs');
    expect(queue['Dockerfile']).toContain('CMD ["node", "server.mjs"]');
    expect(of({})['Dockerfile']).toContain('CMD ["node", "dist/server.js"]');
  });
});
