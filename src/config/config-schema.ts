import type { ZodObject } from 'zod';

/**
 * Every engine key as one documented zod object; keys of your own pass through it. For tools: `z.toJSONSchema` of it
 * with `{ io: 'input' }` is the JSON schema of a config file. Times come out in milliseconds.
 */
export async function configSchema(): Promise<ZodObject> {
  const { buildConfigSchema } = await import('./zod-schema');
  return buildConfigSchema();
}
