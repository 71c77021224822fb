import { runRoom } from '../support/room';

runRoom('scripts');
