import { runRoom } from '../support/room';

runRoom('control');
