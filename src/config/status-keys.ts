import { listenAddress, secret } from './system-key-kinds';

/** The status server of the main process. */
export const STATUS_KEYS = {
  statusListen: listenAddress({
    doc: 'Where the main process serves the status page, `/healthz`, `/readyz`, `/metrics` and `/status.json`: `host:port`, `:port` or a port alone for loopback, or the path of a unix socket (with a slash in it; mode 660). `0.0.0.0:9000` and `[::]:9000` mean every address: everyone who reaches it can read the status, including the last lines that workers wrote. Without this key there is no status server.',
  }),
  statusToken: secret(
    { least: 16 },
    {
      doc: 'The token that a reader of the status page must type to restart, scale or dump: at least 16 characters. Without this key the page has no actions. Set `SERVERENGINE_STATUS_TOKEN` rather than writing it into a file that others can read.',
    },
  ),
};
