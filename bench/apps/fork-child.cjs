require('./http-app.cjs').serve();
