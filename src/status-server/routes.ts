import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RunningEngine } from '../commands/running-engine';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import { parseAction } from './action';
import { hasToken } from './check-token';
import type { EventStream } from './event-stream';
import type { History } from './history';
import { wantsOpenMetrics } from './render-metrics';
import { json, readBody, respond, type Answer } from './respond';
import type { Scrapes } from './scrapes';
import type { StatusView } from './status-view';

export interface RoutesDeps {
  readonly running: RunningEngine;
  readonly engine: Pick<EngineConfig, 'statusToken'>;
  readonly view: StatusView;
  readonly scrapes: Scrapes;
  readonly history: History;
  readonly stream: EventStream;
  readonly logger: Logger;
}

export interface Route {
  readonly methods: readonly string[];
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

type Answering = (request: IncomingMessage, query: URLSearchParams) => Answer | Promise<Answer>;

const READS: readonly string[] = ['GET', 'HEAD'];
const ACTION = /^\/actions\/([a-z]+)$/;
const MOST_BODY_BYTES = 4096;

/** What each path answers. No files are read: a path is a name in a table. */
export class StatusRoutes {
  readonly #deps: RoutesDeps;
  readonly #reads: ReadonlyMap<string, Answering>;

  constructor(deps: RoutesDeps) {
    this.#deps = deps;
    const { view, history } = deps;
    this.#reads = new Map<string, Answering>([
      ['/healthz', () => json(200, { status: 'ok' })],
      ['/readyz', () => this.#ready()],
      ['/status.json', async () => json(200, await view.status())],
      ['/view.json', async () => json(200, await view.page())],
      ['/history.json', async (_, query) => json(200, await historyFor(query, view, history))],
      ['/metrics', (request) => this.#metrics(request)],
    ]);
  }

  /** @param url the URL of a request: a path, or through a proxy a whole URL. */
  find(url: string): Route | undefined {
    const parsed = tryParse(url);
    if (!parsed) return undefined;
    const { pathname, searchParams } = parsed;
    const read = this.#reads.get(pathname);
    if (read) return answering(read, searchParams);
    if (pathname === '/events') return { methods: ['GET'], serve: (...both) => this.#follow(...both) };
    const action = ACTION.exec(pathname)?.[1];
    if (action !== undefined) return { methods: ['POST'], serve: (...both) => this.#act(action, ...both) };
    return { methods: READS, serve: (request, response) => servePage(pathname, request, response) };
  }

  async #ready(): Promise<Answer> {
    const { view } = this.#deps;
    const readiness = view.readinessOf(await view.status());
    return json(readiness.ready ? 200 : 503, readiness);
  }

  async #metrics(request: IncomingMessage): Promise<Answer> {
    const isOpen = wantsOpenMetrics(request.headers.accept);
    const { contentType, text } = await this.#deps.scrapes.scrape(isOpen);
    return { status: 200, type: contentType, body: text, headers: { Vary: 'Accept' } };
  }

  #follow(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#deps.stream.add(response))
      respond(request, response, json(503, { error: 'too many pages are open' }));
    return Promise.resolve();
  }

  async #act(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    respond(request, response, await this.#answerTo(name, request));
  }

  async #answerTo(name: string, request: IncomingMessage): Promise<Answer> {
    const { engine, running, logger } = this.#deps;
    const { statusToken } = engine;
    const from = request.socket.remoteAddress ?? 'a unix socket';
    if (statusToken === undefined)
      return json(403, { error: 'the page has no actions, because statusToken is not set' });
    if (!hasToken(request.headers.authorization, statusToken)) {
      logger.warn('an action without the correct token was refused', { action: name, from });
      return json(401, { error: 'the token is wrong, or missing' }, { 'WWW-Authenticate': 'Bearer' });
    }
    // A form of another site can send neither this type nor the header above.
    if (!request.headers['content-type']?.startsWith('application/json'))
      return json(415, { error: `the body must be JSON: send Content-Type: application/json` });
    const body = await readBody(request, MOST_BODY_BYTES);
    if (body === undefined) return json(413, { error: `the body is longer than ${MOST_BODY_BYTES} bytes` });
    const action = parseAction(name, body);
    if (typeof action === 'string') return json(400, { error: action });
    if (action.kind === 'check') return json(200, { ok: true });
    logger.info('a reader of the status page asked for an action', {
      action: name,
      ...action.command,
      kind: undefined,
      from,
    });
    return json(200, await running.submit(action.command));
  }
}

function answering(read: Answering, query: URLSearchParams): Route {
  return {
    methods: READS,
    serve: async (request, response) => respond(request, response, await read(request, query)),
  };
}

async function servePage(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pageFile } = await import('./page-files');
  const file = pageFile(path);
  const answer = file ? { status: 200, ...file } : json(404, { error: 'there is nothing here' });
  respond(request, response, answer);
}

/** Of one worker if the query names it, otherwise of each group. */
async function historyFor(query: URLSearchParams, view: StatusView, history: History): Promise<object> {
  const [group, worker] = [query.get('group'), query.get('worker')];
  if (group !== null && worker !== null) return history.worker(group, Number(worker)) ?? { at: [] };
  const { groups } = await view.status();
  return { groups: Object.fromEntries(groups.map(({ name }) => [name, history.group(name)])) };
}

function tryParse(url: string): URL | undefined {
  try {
    return new URL(url, 'http://engine');
  } catch {
    return undefined;
  }
}
