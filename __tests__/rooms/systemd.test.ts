import { runRoom } from '../support/room';

runRoom('systemd');
