import { constants } from 'node:fs';

/** Flags of open() that Windows does not have: there they have no effect. */
type Missing = number | undefined;

/** Follow no link: a symbolic link at the path is an error. */
export const NOFOLLOW = (constants.O_NOFOLLOW as Missing) ?? 0;

/** Do not block: a FIFO would wait for its other end. */
export const NONBLOCK = (constants.O_NONBLOCK as Missing) ?? 0;

/** Open only a folder. */
export const DIRECTORY = (constants.O_DIRECTORY as Missing) ?? 0;

/** A terminal does not become the controlling terminal of this process. */
export const NOCTTY = (constants.O_NOCTTY as Missing) ?? 0;
