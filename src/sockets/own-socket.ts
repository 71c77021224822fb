/** In the options of listen(): this socket is the engine's own business, and `exclusive` means what it says. */
export const OWN_SOCKET = Symbol('a socket of the engine itself');
