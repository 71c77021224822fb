import { runRoom } from '../support/room';

runRoom('compiled-code');
