import { runRoom } from '../support/room';

runRoom('socket-manager');
