import { runRoom } from '../support/room';

runRoom('engine');
