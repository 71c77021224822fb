import { runRooms } from '../support/room';

runRooms(5, 6);
