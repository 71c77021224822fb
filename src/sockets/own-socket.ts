/** In the options of listen(): this socket belongs to the engine itself, and `exclusive` is taken literally. */
export const OWN_SOCKET = Symbol('a socket of the engine itself');
