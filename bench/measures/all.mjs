// All measures, in the order in which they are taken.
import { idle } from './idle.mjs';
import { life, oneWorker, standby, start16 } from './lives.mjs';
import { logs } from './logs.mjs';
import { parent } from './parent.mjs';
import { requests } from './requests.mjs';
import { failures, reload, restartLatency, rolling } from './restarts.mjs';

export const MEASURES = [
  life,
  start16,
  standby,
  oneWorker,
  requests,
  restartLatency,
  rolling,
  reload,
  logs,
  idle,
  parent,
  failures,
];
