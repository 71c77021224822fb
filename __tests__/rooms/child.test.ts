import { runRoom } from '../support/room';

runRoom('child');
