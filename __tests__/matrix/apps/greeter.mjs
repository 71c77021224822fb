// Equals the output of a generator for a .proto file, with JSON in place of protocol buffers.
import { makeGenericClientConstructor } from '@grpc/grpc-js';

const serialize = (value) => Buffer.from(JSON.stringify(value));
const deserialize = (bytes) => JSON.parse(bytes.toString());

export const Greeter = makeGenericClientConstructor(
  {
    hello: {
      path: '/greeter.Greeter/Hello',
      requestStream: false,
      responseStream: false,
      requestSerialize: serialize,
      requestDeserialize: deserialize,
      responseSerialize: serialize,
      responseDeserialize: deserialize,
    },
  },
  'Greeter',
);
