import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { reapAfterEach } from '../support/reaping';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Undefined without Chromium on this machine. */
export const CHROMIUM = [process.env['CHROMIUM'] ?? '', ...PLACES].find((path) => existsSync(path));

/** For people to look at. */
const SCREENSHOTS = join(__dirname, '../../.build/screenshots');

/** Resolves only loopback: a page that loads something from elsewhere fails, without a request. */
const ARGS = [
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--disable-gpu',
  '--disable-quic',
  // Chromium does not use its sandbox as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

let browser: Browser | undefined;

/** One browser for all tests of a file. */
export async function startBrowser(): Promise<void> {
  browser = await chromium.launch({ ...(CHROMIUM && { executablePath: CHROMIUM }), args: ARGS });
}

export async function endBrowser(): Promise<void> {
  await browser?.close();
}

/** A page with its requests and errors. */
export class OpenPage {
  /** The addresses that the page has requested. */
  readonly requested: string[] = [];
  /** Errors of scripts, of the console, and of the content security policy. */
  readonly errors: string[] = [];
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.on('request', (request) => this.requested.push(request.url()));
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  /** The page is closed with the test. */
  static async open(options: BrowserContextOptions = {}): Promise<OpenPage> {
    if (!browser) throw new Error('startBrowser() comes first');
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    reapAfterEach(() => context.close());
    return new OpenPage(await context.newPage());
  }

  /** The findings of axe-core in a part of the page, one a line. */
  async violations(part = 'html'): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate<{ violations: axe.Result[] }>(
      `axe.run('${part}', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
    );
    return found.violations.map(
      ({ impact, id, nodes }) =>
        `${String(impact)} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  }

  async screenshot(name: string, fullPage = true): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });
  }
}
