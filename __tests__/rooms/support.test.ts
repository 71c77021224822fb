import { runRoom } from '../support/room';

runRoom('support');
