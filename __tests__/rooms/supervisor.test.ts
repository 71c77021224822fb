import { runRoom } from '../support/room';

runRoom('supervisor');
