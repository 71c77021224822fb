import { runRoom } from '../support/room';

runRoom('launch');
