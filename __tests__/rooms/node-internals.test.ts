import { runRoom } from '../support/room';

runRoom('node-internals');
