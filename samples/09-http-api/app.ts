import Fastify, { type FastifyInstance } from 'fastify';
import { Counter } from 'prom-client';
import type { Notes } from './notes';

/** In prom-client's default register: /metrics of the status server has the sum over all workers. */
const requests = new Counter({
  name: 'api_requests_total',
  help: 'Requests that were answered.',
  labelNames: ['route', 'status'],
});

const newNote = {
  type: 'object',
  properties: { text: { type: 'string', minLength: 1 } },
  required: ['text'],
};

/** The API. It knows nothing of workers and of PostgreSQL, so that a test can ask it without either. */
export function createApp(notes: Notes): FastifyInstance {
  const app = Fastify();

  app.addHook('onResponse', async (request, reply) => {
    requests.inc({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode });
  });
  app.get('/notes', () => notes.all());
  app.post<{ Body: { text: string } }>('/notes', { schema: { body: newNote } }, async (request, reply) => {
    return reply.code(201).send(await notes.add(request.body.text));
  });
  app.get('/health', async (_request, reply) => {
    try {
      await notes.ping();
      return { database: 'up' };
    } catch {
      return reply.code(503).send({ database: 'down' });
    }
  });
  return app;
}
