import type { BrowserContextOptions } from 'playwright-core';
import { startRecorded } from '../support/recorded-program';
import { CHROMIUM, endBrowser, OpenPage, startBrowser } from './chromium';
import { changeViews, giveHistory, withWorkers } from './made-up-views';

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const LOOKS: readonly (readonly [string, number, BrowserContextOptions])[] = [
  ['light', 4, { ...DESKTOP, colorScheme: 'light' }],
  ['dark', 4, { ...DESKTOP, colorScheme: 'dark' }],
  ['phone-light', 4, { ...PHONE, colorScheme: 'light' }],
  ['phone-dark', 4, { ...PHONE, colorScheme: 'dark' }],
  ['light', 200, { ...DESKTOP, colorScheme: 'light' }],
  ['dark', 200, { ...DESKTOP, colorScheme: 'dark' }],
  ['phone-light', 200, { ...PHONE, colorScheme: 'light' }],
  ['high-contrast', 4, { ...DESKTOP, forcedColors: 'active' }],
];

(CHROMIUM ? describe : describe.skip)('the status page is readable', () => {
  beforeAll(startBrowser);
  afterAll(endBrowser);

  it.each(LOOKS)('in %s, with %s workers', async (name, count, options) => {
    const config = { statusListen: ':0', statusToken: 'token-of-the-test-1234', crashing: 1 };
    const program = startRecorded('status-server', { config });
    const { fields } = await program.record('status server listening');
    await program.recordsOf(3, /^worker web\/1 finished unexpectedly/);
    const opened = await OpenPage.open(options);
    const { page } = opened;
    await changeViews(opened, (view) => withWorkers(view, 'web', count));
    await giveHistory(opened, ['web', 'queue']);
    await page.goto(`http://${String(fields['address'])}/`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('crash loop').first().waitFor();
    await page.locator('.chart canvas').first().waitFor();
    await page.getByRole('button', { name: 'Details of worker 0 of web' }).click();
    await page.locator('.death summary').first().click();
    await page.locator('.death[open] pre').waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await opened.screenshot(`${name}-${count}`);
    expect(await opened.violations()).toEqual([]);
    // Nothing is wider than the screen.
    const width = options.viewport!.width;
    expect(await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')).toEqual([width, width]);
    await page.getByRole('button', { name: 'Unlock actions' }).click();
    await opened.screenshot(`${name}-dialog`, false);
    expect(await opened.violations('dialog')).toEqual([]);
  });
});
