import { source } from './markdown';

describe('docs/internals/api.txt', () => {
  const report = source('docs/internals/api.txt');

  it('has what users import', () => {
    for (const line of [
      'class ServerEngine {',
      '// SocketManager.Client',
      'class FakeClock implements Clock {',
    ])
      expect(report).toContain(line);
  });

  it('names nothing that lacks a comment: an editor would show nothing of it', () => {
    expect(report.match(/^\/\/ without a comment: .*/gm)).toBeNull();
  });
});
