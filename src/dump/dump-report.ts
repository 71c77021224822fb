import { inspect } from 'node:util';
import { escapeControls } from '../record/escape';
import { formatTimestamp } from '../record/timestamp';
import { percentile } from '../watchdog/loop-lateness';
import type { ProcessFacts } from './process-facts';

/** The process that the dump is about. */
export interface DumpSubject {
  readonly role: 'supervisor' | 'server' | 'worker';
  readonly group?: string | undefined;
  readonly workerId?: number | undefined;
  /** Counts the starts. */
  readonly generation?: number | undefined;
}

/** The processes below, one per row; all rows have the same columns. */
export interface DumpChildren {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Utilization is a number from 0 to 1. */
export interface LoopFacts {
  readonly utilization: number;
  readonly utilizationNow: number;
  readonly sampleMs: number;
  readonly latenessMs: readonly number[];
  /** How late the last heartbeats were; undefined: this process has none. */
  readonly beatLatenessMs: readonly number[] | undefined;
}

export interface DumpFacts {
  readonly timeMs: number;
  readonly who: DumpSubject;
  readonly process: ProcessFacts;
  readonly stack: string;
  readonly loop: LoopFacts;
  /** Listening sockets that are held for the processes below. */
  readonly heldSockets: readonly string[] | undefined;
  readonly children: DumpChildren | undefined;
  /** Secrets are already masked. */
  readonly config: Readonly<Record<string, unknown>>;
}

// A server with thousands of connections must not write thousands of lines, nor a configuration of megabytes.
const LONGEST_LIST = 50;
const LONGEST_CONFIG = 20_000;

type Pair = readonly [name: string, value: string | undefined];

/** A dump as text: a line that separates it from the previous one, then a section per subject. */
export function formatDump(facts: DumpFacts): string {
  const { who, process: own, children, heldSockets } = facts;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['Process', pairs(processPairs(facts))],
    ['Stack', facts.stack.split('\n')],
    ['Event loop', pairs(loopPairs(facts.loop))],
    ['Active resources', pairs(Object.entries(own.resources).map(([name, count]) => [name, String(count)]))],
    ['Listening', list(own.open.servers)],
    ...(heldSockets ? [['Held sockets', list(heldSockets)] as const] : []),
    ['Active requests', list(own.open.requests)],
    ['Connections', list(own.open.connections)],
    ['Child processes', list(own.open.children)],
    ...(children ? [[children.title, table(children.rows)] as const] : []),
    ['Memory', pairs(memoryPairs(own))],
    ['Heap', pairs(heapPairs(own))],
    ['Heap spaces', table(own.heapSpaces.map(spaceRow))],
    ['Resource usage', pairs(usagePairs(own))],
    ['Config', configLines(facts.config)],
  ];
  const title = [who.role, who.group, who.workerId].filter((part) => part !== undefined).join(' ');
  const head = `==== ${formatTimestamp(facts.timeMs)} dump of ${title}, pid ${String(own.pid)} ====`;
  const body = sections.map(([name, lines]) => [name, ...orNone(lines).map(indent)].join('\n'));
  // A path that a client asked for must not move the cursor of the reader's terminal.
  return escapeControls(`${[head, ...body].join('\n\n')}\n\n`);
}

function processPairs({ who, process: own }: DumpFacts): Pair[] {
  return [
    ['role', who.role],
    ['group', text(who.group)],
    ['worker id', text(who.workerId)],
    ['generation', text(who.generation)],
    ['pid', `${String(own.pid)}${own.isMainThread ? '' : ' (a thread of it)'}`],
    ['parent pid', String(own.ppid)],
    ['uptime', seconds(own.uptimeS)],
    ['script', own.script],
    ...Object.entries(own.versions),
    ['open descriptors', text(own.descriptors)],
  ];
}

function loopPairs(loop: LoopFacts): Pair[] {
  const { beatLatenessMs } = loop;
  return [
    ['utilization since the start', percent(loop.utilization)],
    [`utilization over ${String(loop.sampleMs)} ms`, percent(loop.utilizationNow)],
    [`delay over ${String(loop.sampleMs)} ms`, delays(loop.latenessMs)],
    ['delay of the last heartbeats', beatLatenessMs && delays(beatLatenessMs)],
  ];
}

function delays(samples: readonly number[]): string {
  const parts = [0.5, 0.9, 0.99].map((part) => `p${String(part * 100)} ${ms(percentile(samples, part))}`);
  return [...parts, `max ${ms(percentile(samples, 1))}`, `of ${String(samples.length)} samples`].join(', ');
}

function memoryPairs({ memory }: ProcessFacts): Pair[] {
  if (!memory) return [];
  return [
    ['rss', bytes(memory.rss)],
    ['heap total', bytes(memory.heapTotal)],
    ['heap used', bytes(memory.heapUsed)],
    ['external', bytes(memory.external)],
    ['array buffers', bytes(memory.arrayBuffers)],
  ];
}

function heapPairs({ heap }: ProcessFacts): Pair[] {
  return [
    ['total', bytes(heap.total_heap_size)],
    ['used', bytes(heap.used_heap_size)],
    ['limit', bytes(heap.heap_size_limit)],
    ['available', bytes(heap.total_available_size)],
    ['physical', bytes(heap.total_physical_size)],
    ['malloced', `${bytes(heap.malloced_memory)}, at most ${bytes(heap.peak_malloced_memory)}`],
    ['external', bytes(heap.external_memory)],
    ['native contexts', String(heap.number_of_native_contexts)],
    ['detached contexts', String(heap.number_of_detached_contexts)],
  ];
}

function spaceRow(space: ProcessFacts['heapSpaces'][number]): Record<string, unknown> {
  return {
    space: space.space_name,
    size: bytes(space.space_size),
    used: bytes(space.space_used_size),
    available: bytes(space.space_available_size),
  };
}

function usagePairs({ usage }: ProcessFacts): Pair[] {
  return [
    ['user time', seconds(usage.userCPUTime / 1e6)],
    ['system time', seconds(usage.systemCPUTime / 1e6)],
    ['largest resident set', bytes(usage.maxRSS * 1024)],
    ['page faults', `${String(usage.majorPageFault)} major, ${String(usage.minorPageFault)} minor`],
    ['file system', `${String(usage.fsRead)} reads, ${String(usage.fsWrite)} writes`],
    [
      'context switches',
      `${String(usage.voluntaryContextSwitches)} voluntary, ${String(usage.involuntaryContextSwitches)} forced`,
    ],
  ];
}

function configLines(config: Readonly<Record<string, unknown>>): string[] {
  const whole = inspect(config, {
    depth: 8,
    sorted: true,
    breakLength: 100,
    maxArrayLength: LONGEST_LIST,
    maxStringLength: 500,
  });
  const cut = whole.length > LONGEST_CONFIG ? `${whole.slice(0, LONGEST_CONFIG)} …` : whole;
  return cut.split('\n');
}

function pairs(rows: readonly Pair[]): string[] {
  const known = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function table(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  if (names.length === 0) return [];
  const cells = [names, ...rows.map((row) => names.map((name) => text(row[name]) ?? '-'))];
  const widths = names.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function list(lines: readonly string[]): string[] {
  const shown = lines.slice(0, LONGEST_LIST);
  const left = lines.length - shown.length;
  return left > 0 ? [...shown, `and ${String(left)} more`] : shown;
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length > 0 ? lines : ['none'];
}

function indent(line: string): string {
  return `  ${line}`;
}

function text(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : inspect(value);
}

function bytes(value: number): string {
  return `${(value / 1024 / 1024).toFixed(1)} MB`;
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function ms(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(1)} ms`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
