import { runRoom } from '../support/room';

runRoom('messages');
