import { runRoom } from '../support/room';

runRoom('watchdog');
