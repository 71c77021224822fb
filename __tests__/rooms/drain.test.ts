import { runRoom } from '../support/room';

runRoom('drain');
