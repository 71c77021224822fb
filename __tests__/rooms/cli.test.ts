import { runRoom } from '../support/room';

runRoom('cli');
