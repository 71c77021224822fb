import { runRoom } from '../support/room';

runRoom('winston');
