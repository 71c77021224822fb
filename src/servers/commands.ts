/** What a server can be told, by a signal, a pipe or a method. */
export type ServerCommand =
  | { readonly kind: 'stop'; readonly graceful: boolean }
  | { readonly kind: 'restart'; readonly graceful: boolean }
  | { readonly kind: 'reload' }
  | { readonly kind: 'dump' }
  | { readonly kind: 'scale'; readonly by: number };
