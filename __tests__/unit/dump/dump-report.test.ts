import { formatDump, type DumpFacts } from '../../../src/dump/dump-report';
import type { ProcessFacts } from '../../../src/dump/process-facts';

const MB = 1024 * 1024;

const PROCESS: ProcessFacts = {
  pid: 4711,
  ppid: 4700,
  isMainThread: true,
  uptimeS: 61.25,
  script: '/app/server.js',
  versions: { serverengine: '1.2.3', node: '20.0.0', system: 'linux x64', uv: undefined },
  resources: { TCPServerWrap: 1, Timeout: 12 },
  open: {
    servers: ['listening on 127.0.0.1:9071, 3 connections'],
    connections: ['127.0.0.1:9071 with 127.0.0.1:50000'],
    children: [],
    requests: ['answering GET /slow'],
  },
  descriptors: 23,
  memory: { rss: 50 * MB, heapTotal: 10 * MB, heapUsed: 5.5 * MB, external: MB, arrayBuffers: 0 },
  heap: {
    total_heap_size: 10 * MB,
    used_heap_size: 5.5 * MB,
    heap_size_limit: 4096 * MB,
    total_available_size: 4090 * MB,
    total_physical_size: 9 * MB,
    total_heap_size_executable: 0,
    malloced_memory: MB,
    peak_malloced_memory: 2 * MB,
    external_memory: MB,
    total_global_handles_size: 0,
    used_global_handles_size: 0,
    does_zap_garbage: 0,
    number_of_native_contexts: 1,
    number_of_detached_contexts: 0,
  },
  heapSpaces: [
    {
      space_name: 'old_space',
      space_size: 8 * MB,
      space_used_size: 5 * MB,
      space_available_size: MB,
      physical_space_size: 8 * MB,
    },
  ],
  usage: {
    userCPUTime: 1_500_000,
    systemCPUTime: 250_000,
    maxRSS: 60 * 1024,
    majorPageFault: 1,
    minorPageFault: 2,
    fsRead: 3,
    fsWrite: 4,
    voluntaryContextSwitches: 5,
    involuntaryContextSwitches: 6,
    sharedMemorySize: 0,
    unsharedDataSize: 0,
    unsharedStackSize: 0,
    swappedOut: 0,
    ipcSent: 0,
    ipcReceived: 0,
    signalsCount: 0,
  },
};

const WORKER: DumpFacts = {
  timeMs: Date.UTC(2026, 10, 22, 15, 28),
  who: { role: 'worker', workerId: 2, generation: 3 },
  process: PROCESS,
  stack: 'at answer (/app/server.js:7:5)\nat process.emit (node:events:524:28)',
  loop: {
    utilization: 0.125,
    utilizationNow: 1,
    sampleMs: 200,
    latenessMs: [0, 1, 2, 40],
    beatLatenessMs: [1.25],
  },
  heldSockets: undefined,
  children: undefined,
  config: { user: { password: '***', port: 9071 } },
};

function section(facts: DumpFacts, title: string): string[] | undefined {
  const found = formatDump(facts)
    .split('\n\n')
    .find((part) => part.startsWith(`${title}\n`));
  return found
    ?.split('\n')
    .slice(1)
    .map((line) => line.trim());
}

describe(formatDump, () => {
  it('is one block with its own first line and an empty last line', () => {
    const text = formatDump(WORKER);
    expect(text).toMatch(/^==== 2026-11-2\d \d\d:\d\d:00\.000 [+-]\d{4} dump of worker 2, pid 4711 ====\n\n/);
    expect(text.endsWith('\n\n')).toBe(true);
    expect(text.match(/^====/gm)).toHaveLength(1);
  });

  it('has its sections in this order', () => {
    const titles = formatDump(WORKER)
      .split('\n\n')
      .slice(1)
      .flatMap((part) => part.split('\n')[0] || []);
    expect(titles).toEqual([
      'Process',
      'Stack',
      'Event loop',
      'Active resources',
      'Listening',
      'Active requests',
      'Connections',
      'Child processes',
      'Memory',
      'Heap',
      'Heap spaces',
      'Resource usage',
      'Config',
    ]);
  });

  it.each<[string, readonly string[]]>([
    [
      'Process',
      [
        'role              worker',
        'worker id         2',
        'generation        3',
        'pid               4711',
        'parent pid        4700',
        'uptime            61.3 s',
        'script            /app/server.js',
        'serverengine      1.2.3',
        'node              20.0.0',
        'system            linux x64',
        'open descriptors  23',
      ],
    ],
    ['Stack', ['at answer (/app/server.js:7:5)', 'at process.emit (node:events:524:28)']],
    [
      'Event loop',
      [
        'utilization since the start   12.5 %',
        'utilization over 200 ms       100.0 %',
        'delay over 200 ms             p50 1.0 ms, p90 40.0 ms, p99 40.0 ms, max 40.0 ms, of 4 samples',
        'delay of the last heartbeats  p50 1.3 ms, p90 1.3 ms, p99 1.3 ms, max 1.3 ms, of 1 samples',
      ],
    ],
    ['Active resources', ['TCPServerWrap  1', 'Timeout        12']],
    ['Listening', ['listening on 127.0.0.1:9071, 3 connections']],
    ['Active requests', ['answering GET /slow']],
    ['Connections', ['127.0.0.1:9071 with 127.0.0.1:50000']],
    ['Child processes', ['none']],
    [
      'Memory',
      [
        'rss            50.0 MB',
        'heap total     10.0 MB',
        'heap used      5.5 MB',
        'external       1.0 MB',
        'array buffers  0.0 MB',
      ],
    ],
    ['Heap spaces', ['space      size    used    available', 'old_space  8.0 MB  5.0 MB  1.0 MB']],
    [
      'Resource usage',
      [
        'user time             1.5 s',
        'system time           0.3 s',
        'largest resident set  60.0 MB',
        'page faults           1 major, 2 minor',
        'file system           3 reads, 4 writes',
        'context switches      5 voluntary, 6 forced',
      ],
    ],
    ['Config', ["{ user: { password: '***', port: 9071 } }"]],
  ])('%s', (title, lines) => {
    expect(section(WORKER, title)).toEqual(lines);
  });

  it('lists the child processes and the sockets held for them', () => {
    const rows = [
      { workerId: 0, pid: 4712, state: 'running', generation: 1, uptimeMs: 1000 },
      { workerId: 1, pid: undefined, state: 'waiting', generation: 2, uptimeMs: 0 },
    ];
    const facts = { ...WORKER, children: { title: 'Workers (process)', rows }, heldSockets: ['tcp [::]:80'] };
    expect(section(facts, 'Held sockets')).toEqual(['tcp [::]:80']);
    expect(section(facts, 'Workers (process)')).toEqual([
      'workerId  pid   state    generation  uptimeMs',
      '0         4712  running  1           1000',
      '1         -     waiting  2           0',
    ]);
  });

  it.each<[string, Partial<DumpFacts>, string, readonly string[]]>([
    ['no workers', { children: { title: 'Workers', rows: [] } }, 'Workers', ['none']],
    ['no sockets', { heldSockets: [] }, 'Held sockets', ['none']],
    ['no stack', { stack: '' }, 'Stack', ['']],
    ['nothing active', { process: { ...PROCESS, resources: {} } }, 'Active resources', ['none']],
  ])('reports %s', (_, change, title, lines) => {
    expect(section({ ...WORKER, ...change }, title)).toEqual(lines);
  });

  it('omits the heartbeat of a process without one', () => {
    const lines = section({ ...WORKER, loop: { ...WORKER.loop, beatLatenessMs: undefined } }, 'Event loop');
    expect(lines).toHaveLength(3);
  });

  it('marks a thread', () => {
    const lines = section({ ...WORKER, process: { ...PROCESS, isMainThread: false } }, 'Process');
    expect(lines).toContain('pid               4711 (a thread of it)');
  });

  it('stays short for any content', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `127.0.0.1:80 with 127.0.0.1:${String(index)}`);
    const facts = {
      ...WORKER,
      process: { ...PROCESS, open: { ...PROCESS.open, connections: many } },
      config: { user: Object.fromEntries(many.map((name) => [name, name.repeat(100)])) },
    };
    expect(section(facts, 'Connections')).toHaveLength(51);
    expect(section(facts, 'Connections')?.at(-1)).toBe('and 4950 more');
    expect(formatDump(facts).length).toBeLessThan(30_000);
  });

  it('contains no terminal control sequences', () => {
    const open = { ...PROCESS.open, requests: ['answering GET /\u001b[2J\u009b31m'] };
    expect(section({ ...WORKER, process: { ...PROCESS, open } }, 'Active requests')).toEqual([
      'answering GET /\\x1b[2J\\x9b31m',
    ]);
  });
});
