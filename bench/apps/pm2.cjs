// The app for PM2's cluster mode.
require('./http-app.cjs').serveUntilShutdown();
