// All measures in their order. Those with budgets come first, because a quick run may have no time for the rest.
import { idle } from './idle.mjs';
import { life, memory, oneWorker, standby, start16 } from './lives.mjs';
import { logs } from './logs.mjs';
import { parent } from './parent.mjs';
import { requests } from './requests.mjs';
import { failures, reload, restartLatency, rolling } from './restarts.mjs';
import { syscalls } from './syscalls.mjs';

export const MEASURES = [
  life,
  oneWorker,
  requests,
  syscalls,
  logs,
  memory,
  idle,
  parent,
  standby,
  start16,
  restartLatency,
  rolling,
  reload,
  failures,
];
