import { runRooms } from '../support/room';

runRooms(6, 6);
