import { runRoom } from '../support/room';

runRoom('contract');
