import { whyNotForked, whyNotLastingly, type TemplateScene } from '../../../src/child/template-checks';

const PLAIN: TemplateScene = { threads: 11, expectedThreads: 11, opened: [], hasOpenDebugger: false };

describe('conditions that forbid a template', () => {
  it.each<[string, Partial<TemplateScene>, RegExp | undefined]>([
    ['nothing', {}, undefined],
    ['threads of its own', { threads: 12 }, /has 1 more threads than Node itself/],
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
