import { pageSource } from './page-source';

export interface PageFile {
  readonly type: string;
  readonly body: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The file at a path of the page. */
export function pageFile(path: string): PageFile | undefined {
  const files = pageSource();
  const name = path === '/' ? '/index.html' : path;
  const body = Object.hasOwn(files, name) ? files[name] : undefined;
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
  return body === undefined || type === undefined ? undefined : { type, body };
}
