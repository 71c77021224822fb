import Fastify, { type FastifyInstance } from 'fastify';

/** What answers requests. It knows nothing of workers, so that a test can ask it without a port. */
export function createApp(greeting: () => string): FastifyInstance {
  const app = Fastify();
  app.get('/', () => ({ greeting: greeting(), pid: process.pid }));
  return app;
}
