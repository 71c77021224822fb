import { whyNotForked, whyNotLastingly, type TemplateScene } from '../../../src/child/template-checks';

const PLAIN: TemplateScene = { threads: 11, expectedThreads: 11, opened: [], hasOpenDebugger: false };

describe('what a template must not have', () => {
  it.each<[string, Partial<TemplateScene>, RegExp | undefined]>([
    ['nothing', {}, undefined],
    ['threads of its own', { threads: 12 }, /has 1 threads more than Node itself/],
    ['open sockets', { opened: ['socket', 'socket', 'pipe'] }, /has opened socket, pipe while it was loaded/],
    ['an open debugger', { hasOpenDebugger: true }, /its debugger is open/],
  ])('%s', (_name, scene, reason) => {
    const why = whyNotForked({ ...PLAIN, ...scene });
    if (reason) expect(why).toMatch(reason);
    else expect(why).toBeUndefined();
  });

  it('is asked for again where it is about to close', async () => {
    const answers = ['open', 'open', undefined];
    expect(await whyNotLastingly(() => answers.shift())).toBeUndefined();
  });
});
