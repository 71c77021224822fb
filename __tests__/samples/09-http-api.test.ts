import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { ROOT } from './program';

/** `npm run matrix` runs it with a database and a restart under load. */
it('samples/09-http-api passes its own tests', () => {
  const tsx = pathToFileURL(require.resolve('tsx')).href;
  const args = ['--import', tsx, '--test', 'samples/09-http-api/app.test.ts'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  expect(stdout).toMatch(/^# pass 3$/m);
  expect(status).toBe(0);
});
