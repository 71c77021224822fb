import { source } from './markdown';

describe('docs/internals/api.txt', () => {
  const report = source('docs/internals/api.txt');

  it('lists the public API', () => {
    for (const line of [
      'class ServerEngine {',
      '// SocketManager.Client',
      'class FakeClock implements Clock {',
    ])
      expect(report).toContain(line);
  });

  it('has a comment for every name, which editors show', () => {
    expect(report.match(/^\/\/ without a comment: .*/gm)).toBeNull();
  });
});
