import { readFile, stat } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { RawFrame } from './paused-stack';

/** One frame in the original source. The path if it is a file, otherwise the URL. */
export interface StackFrame {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Deep recursion repeats the same frames. */
const MOST_FRAMES = 50;
// Parsing blocks the event loop, for about 30 ms per MB.
const LARGEST_MAP_BYTES = 20 * 1024 * 1024;

const MAP_COMMENT = /^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm;

interface LoadedMap {
  readonly map: SourceMap;
  /** Its sources are relative to this. */
  readonly base: string;
  readonly sourceRoot: string;
}

/** The innermost frames, each mapped to its source. If a map cannot be read, the frame stays as it runs. */
export async function mapFrames(frames: readonly RawFrame[]): Promise<readonly StackFrame[]> {
  const shown = frames.slice(0, MOST_FRAMES);
  const maps = new Map<string, Promise<LoadedMap | undefined>>();
  for (const { url, sourceMapUrl } of shown) {
    if (sourceMapUrl !== '' && !maps.has(url)) maps.set(url, loadMap(url, sourceMapUrl));
  }
  return Promise.all(shown.map(async (frame) => mapFrame(frame, await maps.get(frame.url))));
}

function mapFrame(frame: RawFrame, loaded: LoadedMap | undefined): StackFrame {
  const { functionName, line, column } = frame;
  const asItRuns = { functionName, file: pathOf(frame.url), line, column };
  if (!loaded) return asItRuns;
  const found = loaded.map.findEntry(line - 1, column - 1);
  if (!('originalSource' in found) || !found.originalSource) return asItRuns;
  return {
    functionName,
    file: pathOf(resolved(loaded, found.originalSource)),
    line: found.originalLine + 1,
    column: found.originalColumn + 1,
  };
}

async function loadMap(scriptUrl: string, sourceMapUrl: string): Promise<LoadedMap | undefined> {
  try {
    const isInline = sourceMapUrl.startsWith('data:');
    const base = isInline ? scriptUrl : new URL(sourceMapUrl, scriptUrl).href;
    const text = isInline ? decodeDataUrl(sourceMapUrl) : await readRegularFile(base);
    const payload = JSON.parse(text) as SourceMapPayload;
    return { map: new SourceMap(payload), base, sourceRoot: payload.sourceRoot || '' };
  } catch {
    return undefined;
  }
}

function decodeDataUrl(url: string): string {
  const comma = url.indexOf(',');
  const data = url.slice(comma + 1);
  if (!url.slice(0, comma).endsWith(';base64')) return decodeURIComponent(data);
  return Buffer.from(data, 'base64').toString('utf8');
}

/** The last comment in the script that names its source map, as V8 would find it. Empty: there is none. */
export async function sourceMapUrlOf(url: string): Promise<string> {
  if (!url.startsWith('file:')) return '';
  try {
    const found = [...(await readRegularFile(url)).matchAll(MAP_COMMENT)].at(-1);
    return found?.[1] ?? '';
  } catch {
    return '';
  }
}

/** The worker names the file, so it may be anything: reading a pipe would never end. */
async function readRegularFile(url: string): Promise<string> {
  const path = fileURLToPath(url);
  const info = await stat(path);
  if (!info.isFile() || info.size > LARGEST_MAP_BYTES) throw new Error('not a script or a source map');
  return readFile(path, 'utf8');
}

function resolved({ base, sourceRoot }: LoadedMap, source: string): string {
  const root = sourceRoot === '' || sourceRoot.endsWith('/') ? sourceRoot : `${sourceRoot}/`;
  try {
    return new URL(root + source, base).href;
  } catch {
    return source;
  }
}

function pathOf(url: string): string {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}
