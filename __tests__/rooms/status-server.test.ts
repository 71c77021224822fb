import { runRoom } from '../support/room';

runRoom('status-server');
