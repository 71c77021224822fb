import { constants } from 'node:fs';

/** Flags of open() that Windows does not have: there they ask for nothing. */
type Missing = number | undefined;

/** Not led elsewhere: a symbolic link at the path is an error. */
export const NOFOLLOW = (constants.O_NOFOLLOW as Missing) ?? 0;

/** Not held up: a FIFO would wait for its other end. */
export const NONBLOCK = (constants.O_NONBLOCK as Missing) ?? 0;

/** Nothing but a folder. */
export const DIRECTORY = (constants.O_DIRECTORY as Missing) ?? 0;

/** A terminal does not become that of this process. */
export const NOCTTY = (constants.O_NOCTTY as Missing) ?? 0;
