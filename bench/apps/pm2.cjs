// What PM2 runs in its cluster mode.
require('./http-app.cjs').serveUntilShutdown();
