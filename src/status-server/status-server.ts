import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { attempt } from '../common/attempt';
import type { Clock, ClockTimer } from '../common/clock';
import type { ListenAddress } from '../common/listen-address';
import { ENGINE_EVENTS } from '../contract/events';
import type { HeldSocket } from '../sockets/held-socket';
import { EventStream } from './event-stream';
import { History } from './history';
import { refusalOf } from './http-guard';
import { openListener, type Listener } from './open-listener';
import { json, respond } from './respond';
import { StatusRoutes, type Route } from './routes';
import { Scrapes } from './scrapes';
import type { StatusServerContext } from './start-status-server';
import { StatusView } from './status-view';

export interface StatusServerDeps extends StatusServerContext {
  readonly address: ListenAddress;
  readonly clock: Clock;
}

// An hour.
const STEP_MS = 20_000;
const STEPS = 180;

/** No client needs more: this limits what a client may keep open or send. */
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 75_000,
} as const;
const MOST_CONNECTIONS = 128;

/** Serves what is known about the engine over HTTP. Runs in the main process, and survives the server process. */
export class StatusServer {
  readonly #deps: StatusServerDeps;
  readonly #view: StatusView;
  readonly #scrapes: Scrapes;
  readonly #history = new History(STEPS);
  readonly #stream: EventStream;
  readonly #routes: StatusRoutes;
  readonly #forget: readonly (() => void)[];
  #server: Server | undefined;
  #listener: Listener | undefined;
  /** No successor gets the socket any more. */
  #withdraw: (() => void) | undefined;
  #sampling: ClockTimer | undefined;
  #isClosed = false;
  #isHandedOver = false;

  constructor(deps: StatusServerDeps) {
    const { events, clock, logger } = deps;
    this.#deps = deps;
    this.#view = new StatusView(deps);
    this.#scrapes = new Scrapes({ ...deps, view: this.#view });
    this.#stream = new EventStream({
      look: () => this.#view.page(),
      clock,
      onFailed: (error) => logger.error('the open pages did not get an event', { error }),
    });
    this.#routes = new StatusRoutes({
      ...deps,
      view: this.#view,
      scrapes: this.#scrapes,
      history: this.#history,
      stream: this.#stream,
    });
    this.#forget = [this.#scrapes.listen(events), events.subscribe(ENGINE_EVENTS, () => this.#stream.news())];
    this.#sample();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Resolves with the actual address. May be called again after it failed. taken: the socket on which a predecessor listens.
   * @throws the error of listen().
   */
  async open(taken?: HeldSocket): Promise<ListenAddress> {
    const server = createServer(LIMITS, (request, response) => void this.#take(request, response));
    server.maxConnections = MOST_CONNECTIONS;
    // The client speaks something other than HTTP.
    server.on('clientError', (_error, socket) => socket.destroy());
    const listener = await openListener(server, this.#deps.address, taken);
    this.#server = server;
    this.#listener = listener;
    this.#withdraw = this.#deps.serviceSockets.offer(listener.entry);
    if (this.#isClosed) this.#release();
    return listener.address;
  }

  /** A successor answers at this address. May be called again. */
  handOver(): void {
    this.#isHandedOver = true;
    void this.close();
  }

  /** Answers no requests any more. May be called again. */
  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#sampling?.cancel();
      for (const forget of this.#forget) forget();
      this.#release();
    }
    return Promise.resolve();
  }

  #release(): void {
    this.#stream.close();
    // Answers under way are the last that a scraper gets. The process does not wait for them.
    this.#server?.close();
    this.#server?.closeIdleConnections();
    this.#server?.unref();
    this.#withdraw?.();
    if (!this.#isHandedOver) this.#listener?.remove();
    const server = this.#server;
    this.#deps.clock.after(LAST_ANSWERS_MS, () => server?.closeAllConnections(), { unref: true });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const route = this.#routes.find(request.url ?? '');
      const refusal = route && refusalOf(guarded(request), route.methods, this.#deps.address);
      if (!route) respond(request, response, json(404, { error: 'there is nothing here' }));
      else if (refusal) this.#refuse(request, response, route, refusal);
      else await route.serve(request, response);
    } catch (error) {
      this.#deps.logger.error('a request to the status server failed', { path: request.url, error });
      attempt(
        () => respond(request, response, json(500, { error: 'the request failed; the log says why' })),
        () => response.destroy(),
      );
    }
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    { methods }: Route,
    { status, why }: { readonly status: number; readonly why: string },
  ): void {
    const headers = status === 405 ? { Allow: methods.join(', ') } : undefined;
    respond(request, response, json(status, { error: why }, headers));
  }

  #sample(): void {
    const { clock, logger } = this.#deps;
    const sample = async (): Promise<void> => {
      const status = await this.#view.status();
      if (this.#isClosed) return;
      this.#sampling = clock.after(STEP_MS, () => this.#sample(), { unref: true });
      this.#history.add(clock.wallTime(), status);
    };
    attempt(sample, (error) => logger.error('a step of the history is missing', { error }));
  }
}

const LAST_ANSWERS_MS = 1000;

function guarded({ method = '', headers }: IncomingMessage) {
  const fetchSite = headers['sec-fetch-site'];
  return {
    method,
    host: headers.host,
    origin: headers.origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  };
}
