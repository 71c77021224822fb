import { runRoom } from '../support/room';

runRoom('server');
