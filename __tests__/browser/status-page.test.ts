import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Locator } from 'playwright-core';
import type { EngineStatus } from 'serverengine';
import { signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';
import { StatusClient } from '../support/status-client';
import { CHROMIUM, endBrowser, OpenPage, startBrowser } from './chromium';

const TOKEN = 'token-of-the-test-1234';

/** The address of the status server. */
async function addressOf(program: RecordedProgram): Promise<string> {
  const { fields } = await program.record('status server listening');
  return String(fields['address']);
}

/** Resolves when the page shows the current state of the engine. */
async function openLive(opened: OpenPage, address: string): Promise<void> {
  await opened.page.goto(`http://${address}/`);
  await opened.page.getByText('Live', { exact: true }).waitFor();
}

/** The page has sent requests only to the engine, and shows no errors except those that the test caused. */
function expectClean({ requested, errors }: OpenPage, address: string, known: readonly RegExp[] = []): void {
  expect(requested.length).toBeGreaterThan(10);
  expect(requested.filter((url) => !url.startsWith(`http://${address}/`))).toEqual([]);
  expect(errors.filter((text) => !known.some((one) => one.test(text)))).toEqual([]);
}

if (!CHROMIUM) {
  console.warn(
    'The tests of the status page are skipped: no Chromium was found. Install one (Debian: chromium), or name it: CHROMIUM=/path/to/chromium npm run test:browser',
  );
}

(CHROMIUM ? describe : describe.skip)('the status page in a browser', () => {
  beforeAll(startBrowser);
  afterAll(endBrowser);

  it('the status page shows the workers, reports a kill -9 live, and shows when the connection is lost', async () => {
    const program = startRecorded('status-server', { config: { statusListen: ':0', counts: true } });
    const address = await addressOf(program);
    const opened = await OpenPage.open();
    const { page } = opened;
    await openLive(opened, address);
    await page.getByText('✓ Ready', { exact: true }).waitFor();
    await page.getByText('2 of 2 ready').waitFor();
    await page.getByText('1 of 1 ready').waitFor();
    await rowOf(opened, 'web 1').getByText('● running').waitFor();
    await rowOf(opened, 'queue 0').getByText('● running').waitFor();
    await page.getByText('No worker has ended since the server began.').waitFor();

    const { workers } = await new StatusClient(address).json<EngineStatus>('/status.json');
    const killed = Number(workers.find(({ group, workerId }) => group === 'web' && workerId === 1)?.pid);
    await rowOf(opened, 'web 1').getByText(String(killed)).waitFor();
    signalPid(killed, 'SIGKILL');
    await rowOf(opened, 'web 1').getByText('crash, signal SIGKILL').waitFor();
    await rowOf(opened, 'web 1').getByText('● running').waitFor();
    expect(await rowOf(opened, 'web 1').innerText()).not.toContain(String(killed));
    await page.locator('.death summary').getByText('signal SIGKILL').click();
    await page.locator('.death').getByText(`pid ${killed}`).waitFor();
    expectClean(opened, address);

    await program.stop();
    const gone = page.getByRole('alert').getByText('The connection to the engine is lost');
    await gone.waitFor();
    await page.getByText('Not connected').waitFor();
    const next = startRecorded('status-server', { config: { statusListen: address } });
    await addressOf(next);
    await gone.waitFor({ state: 'hidden' });
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText(`pid ${next.pid},`).waitFor();
  });

  it('the status page accepts actions only with the token', async () => {
    const config = { statusListen: ':0', statusToken: TOKEN };
    const program = startRecorded('status-server', { config });
    const address = await addressOf(program);
    const opened = await OpenPage.open();
    const { page } = opened;
    await openLive(opened, address);
    await page.getByText('✓ Ready', { exact: true }).waitFor();
    const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
    expect(await button('Scale web').count()).toBe(0);

    await button('Unlock actions').click();
    await page.getByLabel('Token').fill('not-the-token-of-it');
    await button('Unlock').click();
    await page.getByRole('alert').getByText('the token is wrong, or missing').waitFor();
    await page.getByLabel('Token').fill(TOKEN);
    await page.keyboard.press('Enter');

    await button('Scale web').click();
    await page.getByLabel('Workers', { exact: true }).fill('4');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Scaled from 2 to 4.').waitFor();
    await rowOf(opened, 'web 3').getByText('● running').waitFor();

    await button('Restart the workers of web').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
    await page
      .getByRole('status')
      .getByText(/^Restart: .*4 replaced/)
      .waitFor();
    await button('Dump').click();
    await page.getByRole('status').getByText('Done.').waitFor();
    await program.record(/^dump written/);

    await button('Lock').click();
    expect(await button('Scale web').count()).toBe(0);
    expectClean(opened, address, [/401/]);
    // The token is not even in the memory of the tab: a reload asks for it again.
    await page.reload();
    await button('Unlock actions').waitFor();
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length].join()')).toBe(
      ',0,0',
    );

    await attackFromElsewhere(address);
    const { groups } = await new StatusClient(address).json<EngineStatus>('/status.json');
    expect(groups.map(({ name, target }) => `${name} ${target}`)).toEqual(['web 4', 'queue 1']);
  });

  it('without statusToken the status page has no actions, and the engine refuses them', async () => {
    const program = startRecorded('status-server', { config: { statusListen: ':0' } });
    const address = await addressOf(program);
    const opened = await OpenPage.open();
    await openLive(opened, address);
    expect(await opened.page.getByRole('button', { name: 'Unlock actions' }).count()).toBe(0);
    const answer = await new StatusClient(address).act('scale', TOKEN, { group: 'web', to: 9 });
    expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('statusToken is not set')]);
  });

  it('the status page can be used by the keyboard alone', async () => {
    const program = startRecorded('status-server', { config: { statusListen: ':0', statusToken: TOKEN } });
    const address = await addressOf(program);
    const opened = await OpenPage.open();
    const { page } = opened;
    await openLive(opened, address);
    await page.getByText('✓ Ready', { exact: true }).waitFor();
    const focused = (): Promise<string> =>
      page.evaluate<string>(
        '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent.trim()) || document.activeElement.id',
      );
    const tabTo = async (name: string): Promise<void> => {
      const passed: string[] = [];
      while ((await focused()) !== name) {
        if (passed.length > 60) throw new Error(`Tab does not reach ${name}: ${passed.join(', ')}`);
        passed.push(await focused());
        await page.keyboard.press('Tab');
        // The focus is visible.
        expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none');
      }
    };
    await tabTo('Skip to the workers');
    await tabTo('Unlock actions');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('dialog-input');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('Unlock actions');
    await page.keyboard.press('Enter');
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await tabTo('Scale web');
    await tabTo('Memory');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('columnheader', { name: 'Memory' }).getAttribute('aria-sort')).toBe(
      'ascending',
    );
    await tabTo('Details of worker 0 of web');
    await page.keyboard.press('Enter');
    await page.getByText('Event loop delay', { exact: true }).waitFor();
    expectClean(opened, address);
  });
});

function rowOf({ page }: OpenPage, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
}

/** A request that a page of another site can send through the browser of a user who can reach the engine. */
async function attackFromElsewhere(address: string): Promise<void> {
  const site = http.createServer((_, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end('<form method=post enctype=text/plain><input name=x></form>');
  });
  reapAfterEach(() => void site.close());
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const { port } = site.address() as AddressInfo;
  const { page } = await OpenPage.open();
  await page.goto(`http://127.0.0.1:${port}/`);
  const scale = `http://${address}/actions/scale`;
  const sent = await page.evaluate(`(async () => {
    const post = (mode, headers) =>
      fetch('${scale}', { method: 'POST', mode, headers, body: '{"group":"web","to":9}' }).then(({ type }) => type, () => 'failed');
    return [await post('no-cors', {}), await post('cors', { authorization: 'Bearer ${TOKEN}', 'content-type': 'application/json' })];
  })()`);
  expect(sent).toEqual(['failed', 'failed']);
  await page.evaluate(`document.forms[0].action = '${scale}'; document.forms[0].submit()`);
  await page.getByText('a page of another origin must not act here').waitFor();
}
