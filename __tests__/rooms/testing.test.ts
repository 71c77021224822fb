import { runRoom } from '../support/room';

runRoom('testing');
