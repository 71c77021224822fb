import { runRoom } from '../support/room';

runRoom('record');
