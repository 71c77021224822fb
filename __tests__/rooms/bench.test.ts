import { runRoom } from '../support/room';

runRoom('bench');
