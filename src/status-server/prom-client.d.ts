// Only these files of prom-client are loaded: all of it takes 4.4 MB, of which they need a twentieth.
declare module 'prom-client/lib/counter' {
  export { Counter as default } from 'prom-client';
}
declare module 'prom-client/lib/histogram' {
  export { Histogram as default } from 'prom-client';
}
declare module 'prom-client/lib/cluster' {
  export { AggregatorRegistry as default } from 'prom-client';
}
