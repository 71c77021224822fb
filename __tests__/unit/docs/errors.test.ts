import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, source } from './markdown';

function declaredCodes(): readonly string[] {
  const [, union = ''] = /export type ErrorCode =([^;]*);/.exec(source('src/common/errors.ts')) ?? [];
  return [...union.matchAll(/'(ERR_\w+)'/g)].map(([, code = '']) => code);
}

const text = source('docs/errors.md');
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);

describe('docs/errors.md', () => {
  it('finds the codes in the source', () => expect(declaredCodes().length).toBeGreaterThan(5));

  it.each(declaredCodes())('explains %s: meaning, when, how to solve', (code) => {
    expect(sections.get(code)).toMatch(/\*\*Meaning:\*\*[\s\S]*\*\*When:\*\*[\s\S]*\*\*How to solve:\*\*/);
  });

  it('names no code that does not exist', () => {
    const named = new Set(text.match(/ERR_\w+/g));
    expect([...named].filter((code) => !declaredCodes().includes(code))).toEqual([]);
  });

  it('marks a code as reserved only while nothing uses it', () => {
    const reserved = [...sections]
      .filter(([, section]) => section.includes('Reserved'))
      .map(([code]) => code);
    expect(declaredCodes().filter((code) => !isUsed(code))).toEqual(reserved);
  });
});

function isUsed(code: string): boolean {
  return sourceFiles().some((file) => file !== 'src/common/errors.ts' && source(file).includes(`'${code}'`));
}

function sourceFiles(): readonly string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name}`);
}
