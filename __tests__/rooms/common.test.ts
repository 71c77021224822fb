import { runRoom } from '../support/room';

runRoom('common');
