import { runRoom } from '../support/room';

runRoom('hang');
