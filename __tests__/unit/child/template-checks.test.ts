import {
  beginProof,
  whyNotForked,
  whyNotLastingly,
  type TemplateScene,
} from '../../../src/child/template-checks';

const THREADS = ['10', '11', '12'];
const PLAIN: TemplateScene = {
  threads: THREADS,
  ownThreads: THREADS,
  opened: [],
  asked: [],
  hasOpenDebugger: false,
  hasTsx: false,
};

describe('conditions that forbid a template', () => {
  it.each<[string, Partial<TemplateScene>, RegExp | undefined]>([
    ['nothing', {}, undefined],
    ['threads of its own', { threads: [...THREADS, '20'] }, /has 1 more threads than Node itself/],
    [
      'a thread of its own that came when one of Node had ended',
      { threads: ['10', '11', '20'] },
      /has 1 more threads/,
    ],
    ['no thread of Node that has ended', { threads: ['10', '11'] }, undefined],
    [
      'the thread of tsx',
      { threads: [...THREADS, '20'], hasTsx: true },
      /start it with node --require tsx\/cjs/,
    ],
    [
      'a listen() that nobody answers',
      { asked: ['::1:80', '::1:80'] },
      /calls listen\(\) or bind\(\) \(::1:80\) while it is loaded/,
    ],
    ['open sockets', { opened: ['socket', 'socket', 'pipe'] }, /has opened socket, pipe while it was loaded/],
    ['an open debugger', { hasOpenDebugger: true }, /its debugger is open/],
  ])('include %s', (_name, scene, reason) => {
    const why = whyNotForked({ ...PLAIN, ...scene });
    if (reason) expect(why).toMatch(reason);
    else expect(why).toBeUndefined();
  });

  it('are checked again when they are about to end', async () => {
    const answers = ['open', 'open', undefined];
    expect(await whyNotLastingly(() => answers.shift())).toBeUndefined();
  });
});

describe('the proof that forking works', () => {
  type Ended = number | readonly [number, number];

  /** @param ends what the system says of the test process, look by look. */
  async function proofWith(pid: number, ...ends: Ended[]): Promise<string | undefined> {
    const native = { probe: () => pid, reap: () => ends.shift() ?? -10 };
    return (await beginProof(native as never)).whyNot;
  }

  it.each<[string, Ended[], string | undefined]>([
    ['at once', [[0, 0]], undefined],
    ['after some looks', [0, 0, [0, 0]], undefined],
    ['with a status', [0, [3, 0]], 'a forked test process ended with status 3'],
    ['by a signal', [[0, 11]], 'a forked test process ended with signal 11'],
    ['unseen', [-10], 'the forked process is gone (errno 10)'],
  ])('is judged by how the test process ends: %s', async (_how, ends, expected) => {
    expect(await proofWith(2 ** 22 + 1, ...ends)).toBe(expected);
  });

  it('fails where fork() does', async () => {
    expect(await proofWith(-11)).toBe('fork() failed with errno 11');
  });
});
