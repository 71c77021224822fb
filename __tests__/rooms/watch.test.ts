import { runRoom } from '../support/room';

runRoom('watch');
