import { runRoom } from '../support/room';

runRoom('dump');
