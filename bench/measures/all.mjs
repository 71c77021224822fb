// All measures in their order. Those with budgets come first, because a quick run may have no time for the rest.
import { idle } from './idle.mjs';
import { heavyLife, life, memory, oneWorker, standby, start100, start16, traffic } from './lives.mjs';
import { logs } from './logs.mjs';
import { parent } from './parent.mjs';
import { pauses } from './pauses.mjs';
import { requests } from './requests.mjs';
import { failures, reload, restartLatency, rolling } from './restarts.mjs';
import { syscalls } from './syscalls.mjs';

export const MEASURES = [
  life,
  heavyLife,
  oneWorker,
  requests,
  syscalls,
  logs,
  memory,
  idle,
  parent,
  standby,
  start16,
  start100,
  traffic,
  pauses,
  restartLatency,
  rolling,
  reload,
  failures,
];
