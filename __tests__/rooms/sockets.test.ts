import { runRoom } from '../support/room';

runRoom('sockets');
