import { runRooms } from '../support/room';

runRooms(1, 3);
