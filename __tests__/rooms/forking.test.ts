import { runRoom } from '../support/room';

runRoom('forking');
