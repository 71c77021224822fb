import { runRoom } from '../support/room';

runRoom('pool');
