require('./http-app.cjs')();
