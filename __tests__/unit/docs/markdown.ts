import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(__dirname, '../../..');

/** README, changelog, CONTRIBUTING.md and everything in docs/, relative to the root. */
export function documents(): readonly string[] {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => relative(ROOT, join(ROOT, 'docs', name)));
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...inDocs];
}

/** Whether a path is in the published package. */
export function isShipped(path: string): boolean {
  const { files } = JSON.parse(source('package.json')) as { files: string[] };
  const isIn = (folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
  return files.some(isIn) && !files.some((entry) => entry.startsWith('!') && isIn(entry.slice(1)));
}

export function source(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** A code block whose first line is its file name: `// web.ts`. */
export interface NamedBlock {
  readonly document: string;
  readonly name: string;
  readonly code: string;
}

export function typescriptBlocks(document: string): readonly NamedBlock[] {
  return namedBlocks(document, /^```ts\n([\s\S]*?)^```$/gm);
}

/** Includes those in JavaScript. */
export function codeBlocks(document: string): readonly NamedBlock[] {
  return namedBlocks(document, /^```(?:ts|js)\n([\s\S]*?)^```$/gm);
}

function namedBlocks(document: string, pattern: RegExp): readonly NamedBlock[] {
  return [...source(document).matchAll(pattern)].map(([, code = '']) => ({
    document,
    name: /^\/\/ (\S+\.(?:ts|mjs))\n/.exec(code)?.[1] ?? '',
    code,
  }));
}

/** A document without its code blocks. */
function prose(document: string): string {
  return source(document).replace(/^```[\s\S]*?^```$/gm, '');
}

/** The links to a heading. `target` is empty when the heading is in the same document. */
export function anchorLinks(
  document: string,
): readonly { readonly target: string; readonly anchor: string }[] {
  return [...prose(document).matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)].map(
    ([, target = '', anchor = '']) => ({ target, anchor }),
  );
}

/** The anchors of a document: its headings, spelt as GitHub and typedoc do. */
export function anchors(document: string): ReadonlySet<string> {
  const headings = [...prose(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The targets of links within this repository, without the anchor. */
export function localLinks(document: string): readonly string[] {
  const text = prose(document);
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The rows of the tables under a heading, each a list of cells, without headers. */
export function tableRows(document: string, heading: string): readonly (readonly string[])[] {
  const [, section = ''] = new RegExp(`^## ${heading}\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(
    source(document),
  ) ?? [''];
  const rows = [...section.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
  const isLine = (row: readonly string[] | undefined): boolean => /^-+$/.test(row?.[0] ?? '');
  return rows.filter((row, index) => !isLine(row) && !isLine(rows[index + 1]));
}

/** The contents of the backticks in a cell. */
export function codeIn(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** The first column of the tables under a heading, without backticks. */
export function firstColumn(document: string, heading: string): readonly string[] {
  return tableRows(document, heading).flatMap(([first]) => codeIn(first).slice(0, 1));
}
