import type { ZodObject } from 'zod';

/**
 * A documented zod object with every engine key; it passes your own keys through. For tools: `z.toJSONSchema` with `{
 * io: 'input' }` turns it into the JSON schema of a config file. It outputs times in milliseconds.
 */
export async function configSchema(): Promise<ZodObject> {
  const { buildConfigSchema } = await import('./zod-schema');
  return buildConfigSchema();
}
