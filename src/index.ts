// The role is determined, and signals are caught, before anything else is loaded.
import './engine/role';

export { ServerEngine } from './engine/server-engine';
export type { ConfigFor, ConfigFunction, ConfigInput, ConfigSource } from './engine/config-input';
export type { CreateOptions, GroupOptions } from './engine/engine-options';
export { Server } from './contract/server';
export { Worker } from './contract/worker';
export type { MessageToServer, MessageToWorker } from './contract/worker';
export { ServerContext, WorkerContext } from './contract/context';
export type {
  BroadcastOptions,
  ListenTcpOptions,
  ListenUdpOptions,
  ListenUnixOptions,
  ServerControl,
  WorkerPeer,
  WorkerState,
  WorkerView,
} from './contract/server-control';
export type { SpawnedProcess, SpawnEnv, SpawnManager, SpawnWorkerOptions } from './contract/spawn';
export type { EngineListener } from './contract/event-hub';
export type {
  EngineEventName,
  EngineEvents,
  RolloutEvent,
  TemplateEvent,
  WorkerEvent,
} from './contract/events';
export type { EndReason } from './contract/end-reasons';
export type {
  BroadcastResult,
  CommandResult,
  MessageResult,
  ReloadResult,
  RestartOutcome,
  RestartResult,
  RolloutFailure,
  ScaleResult,
  TakeoverResult,
  UnreachedWorker,
} from './contract/results';
export type {
  DeathRecord,
  EngineStatus,
  GroupStatus,
  HangCause,
  RolloutStatus,
  ServerState,
  WorkerFigures,
  StandbyStatus,
  TemplateState,
  TemplateStatus,
  WorkerStart,
  WorkerStatus,
  WorkerStatusState,
} from './contract/status';
export { server, shared, worker } from './contract/decorators';
export type { ServerOptions, WorkerOptions } from './contract/options';
export { CONFIG, LOGGER, SERVER, WORKER_ID } from './contract/tokens';
export { BlockingFlag } from './common/blocking-flag';
export { ConfigError, isServerEngineError, ServerEngineError } from './common/errors';
export type { ErrorCode } from './common/errors';
export type { LogFields, Logger, LogLevel, LogMethod } from './record/logger';
export { configSchema } from './config/config-schema';
export { fromFile } from './config/from-file';
export * as SocketManager from './socket-manager/index';
