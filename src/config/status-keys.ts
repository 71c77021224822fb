import { listenAddress, secret } from './key-kinds';

/** The status server of the main process. */
export const STATUS_KEYS = {
  statusListen: listenAddress({
    doc: 'Where the main process serves the status page, `/healthz`, `/readyz`, `/metrics` and `/status.json`: `host:port`, `:port` or a port alone for loopback, or the path of a unix socket (with a slash in it; mode 660). `0.0.0.0:9000` and `[::]:9000` are every address: all who reach it can read the status, with the last lines that workers wrote. None: no status server.',
  }),
  statusToken: secret(
    { least: 16 },
    {
      doc: 'What the status page asks for before it restarts, scales or dumps: a text of at least 16 characters. None: the page has no actions. Better given as `SERVERENGINE_STATUS_TOKEN` than in a file that many can read.',
    },
  ),
};
