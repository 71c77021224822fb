import { runRoom } from '../support/room';

runRoom('development');
