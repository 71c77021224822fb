/** What `serverengine init` can begin with: the folders of templates/. */
export const TEMPLATES = ['http', 'fastify', 'queue'] as const;
export type Template = (typeof TEMPLATES)[number];
