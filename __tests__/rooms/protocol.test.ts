import { runRoom } from '../support/room';

runRoom('protocol');
