import { runRoom } from '../support/room';

runRoom('config');
