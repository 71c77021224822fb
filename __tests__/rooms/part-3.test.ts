import { runRooms } from '../support/room';

runRooms(3, 3);
