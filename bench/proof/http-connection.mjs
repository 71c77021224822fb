// The HTTP/1.1 connection of a client that reports exactly what failed and when.
import { connect } from 'node:net';
import { clearTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 15_000;

/** Why a request got no answer. */
export class RequestError extends Error {
  constructor(code, { isReused, received, isRefused }) {
    super(`${code}${isReused ? ', on a connection that was used before' : ''}, ${received} bytes had come`);
    this.code = code;
    this.isRefused = isRefused;
    const isIdleEnd = isReused && received === 0;
    /**
     * The server closed an idle connection before any byte of this request reached it: its FIN came before our bytes,
     * otherwise there would be a reset. Every client then asks again once, on another connection.
     */
    this.isClosedBefore = isIdleEnd && (code === 'EOF' || code === 'EPIPE');
    /** The same, but the request had arrived and was unread. Most clients repeat a GET then. */
    this.isReset = isIdleEnd && code === 'ECONNRESET';
  }
}

/** One connection with one request at a time. */
export class HttpConnection {
  #socket;
  #answered = 0;
  #isOpen = false;
  #received = '';
  /** Settles the request in flight. */
  #settle;
  /** Why no further request can be sent. */
  #end;

  #limitMs;

  /**
   * @param {{ port: number } | { path: string }} target
   * @param {number} limitMs of an answer
   */
  constructor(target, limitMs = LIMIT_MS) {
    this.#limitMs = limitMs;
    this.#socket = connect('port' in target ? { host: '127.0.0.1', ...target } : target);
    this.#socket.setNoDelay(true);
    this.#socket.setEncoding('latin1');
    this.#socket.on('connect', () => (this.#isOpen = true));
    this.#socket.on('data', (text) => this.#onData(text));
    this.#socket.on('end', () => this.#onEnd('EOF'));
    this.#socket.on('error', (error) => this.#onEnd(error.code));
    this.#socket.on('close', () => this.#onEnd('closed'));
  }

  /** Whether another request may be sent on it. */
  get isUsable() {
    return this.#end === undefined;
  }

  /** `pieces`: a body, sent in pieces with a pause before each. */
  async request({ path, close = false, pieces = [], pauseMs = 0, isChunked = false }) {
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#onEnd('no answer'), this.#limitMs);
      this.#settle = (error, value) => {
        clearTimeout(timer);
        this.#settle = undefined;
        if (error) reject(error);
        else resolve(value);
      };
    });
    // It may fail while the body is still being sent.
    answer.catch(() => {});
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const head = [
      `${pieces.length > 0 ? 'POST' : 'GET'} ${path} HTTP/1.1`,
      'Host: proof',
      ...(close ? ['Connection: close'] : []),
      ...(pieces.length === 0
        ? []
        : [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`]),
    ];
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n`);
    for (const piece of pieces) {
      await sleep(pauseMs);
      if (!this.#settle) break;
      this.#socket.write(isChunked ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece);
    }
    if (isChunked) this.#socket.write('0\r\n\r\n');
    return answer;
  }

  close() {
    this.#end ??= 'closed by us';
    this.#socket.end();
    this.#socket.resume();
  }

  #onData(text) {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? Number.NaN);
    const body = this.#received.slice(headEnd + 4);
    if (Number.isNaN(length)) this.#onEnd(`answer without a length: ${head.split('\r\n')[0]}`);
    if (body.length < length) return;
    this.#received = '';
    this.#answered += 1;
    if (/^connection: *close/im.test(head)) this.close();
    this.#settle?.(undefined, { status: Number(head.split(' ')[1]), body });
  }

  #onEnd(why) {
    const isFirst = this.#end === undefined;
    this.#end ??= why;
    if (isFirst && why !== 'closed') this.#socket.destroy();
    this.#settle?.(
      new RequestError(why, {
        isReused: this.#answered > 0,
        received: this.#received.length,
        isRefused: !this.#isOpen,
      }),
    );
  }
}
