import { runRoom } from '../support/room';

runRoom('commands');
