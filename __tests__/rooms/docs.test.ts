import { runRoom } from '../support/room';

runRoom('docs');
