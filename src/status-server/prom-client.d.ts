// Only these files of prom-client are loaded: the whole of it takes 4.4 MB, and these need a twentieth of that.
declare module 'prom-client/lib/counter' {
  export { Counter as default } from 'prom-client';
}
declare module 'prom-client/lib/histogram' {
  export { Histogram as default } from 'prom-client';
}
declare module 'prom-client/lib/cluster' {
  export { AggregatorRegistry as default } from 'prom-client';
}
