import { runRooms } from '../support/room';

runRooms(2, 3);
