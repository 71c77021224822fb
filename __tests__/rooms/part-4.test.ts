import { runRooms } from '../support/room';

runRooms(4, 6);
