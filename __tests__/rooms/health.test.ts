import { runRoom } from '../support/room';

runRoom('health');
