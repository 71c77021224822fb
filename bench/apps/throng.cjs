// throng as in its documentation.
const { peer } = require('./peer.cjs');

peer('throng')({ count: Number(process.env.BENCH_WORKERS), worker: () => require('./http-app.cjs').serve() });
