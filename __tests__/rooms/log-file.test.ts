import { runRoom } from '../support/room';

runRoom('log-file');
