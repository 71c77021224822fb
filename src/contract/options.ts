export type WorkerOptions = Readonly<Record<string, unknown>>;
export type ServerOptions = Readonly<Record<string, unknown>>;
