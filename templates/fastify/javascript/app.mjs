import Fastify from 'fastify';

/** What answers requests. It knows nothing of workers, so that a test can ask it without a port. */
export function createApp(greeting) {
  const app = Fastify();
  app.get('/', () => ({ greeting: greeting(), pid: process.pid }));
  return app;
}
