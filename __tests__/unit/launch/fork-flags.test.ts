import { forkArgs, whyNotTemplate } from '../../../src/launch/fork-flags';

describe('the Node flags of a template', () => {
  it('come first, and switch off features that need threads', () => {
    expect(forkArgs(['--require=./agent.js', '/app/server.js', '--no-warnings'])).toEqual([
      '--single-threaded-gc',
      '--no-concurrent-recompilation',
      '--no-concurrent-sparkplug',
      '--v8-pool-size=1',
      expect.stringMatching(/^--require=.+template-preload\.js$/),
      '--require=./agent.js',
      '/app/server.js',
      '--no-warnings',
    ]);
  });

  it.each([
    [['--inspect=0'], {}, /a process with --inspect=0 cannot be forked/],
    [[], { NODE_OPTIONS: '--no-warnings --cpu-prof' }, /--cpu-prof/],
    [[], { NODE_OPTIONS: '"--trace-event-categories=v8 node"' }, /--trace-event-categories=v8/],
    [['--trace_event_categories', 'v8'], {}, /--trace_event_categories/],
    [['--v8_pool_size=2'], {}, /--v8_pool_size=2/],
    [[], { NODE_V8_COVERAGE: 'x' }, /NODE_V8_COVERAGE/],
  ])('are incompatible with %p %p', (execArgv, env, reason) => {
    expect(whyNotTemplate(execArgv, env)).toMatch(reason);
  });
});
