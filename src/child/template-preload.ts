/**
 * The first script of a template: prepares what must be in place before other code could keep the original, and records
 * what existed before the program. Node also runs it in each thread that a forked worker starts.
 */
import cluster from 'node:cluster';
import { fstatSync, readdirSync, stat } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { TEMPLATE_MARK } from '../common/template-mark';
import { endWhenIdle } from '../forking/end-when-idle';
import { setLateFlags, setLateFlagsWithWebAssembly } from '../forking/late-flags';
import { loadNative } from '../forking/native';
import { stackAnswer } from '../forking/stack-answer';
import { noteQuestions } from '../node-internals/note-questions';
import type { Questions } from './template-checks';

// WATCHDOG_FD: the server asks there what hangs. It is repeated here, because this file loads nothing else of the package.
const ASKED_FD = 7;

const loading = loadNative();
if ('native' in loading) {
  if (isMainThread) loading.native.onStackAsked(ASKED_FD, stackAnswer(ASKED_FD));
  else loading.native.onIdle(endWhenIdle);
}
if (isMainThread) beforeProgram();
else setLateFlags();

function beforeProgram(): void {
  const random = Math.random;
  const chance = { draw: random };
  // Modules that NODE_OPTIONS names have run before, and may have kept WebAssembly.
  if (/(?:^|[\s"])(?:-r|--require)\b/.test(process.env['NODE_OPTIONS'] ?? '')) setLateFlags();
  else setLateFlagsWithWebAssembly();

  // A forked process uses another source: this also covers code that has kept the function.
  Math.random = () => chance.draw();

  // Node makes the pipes of its signals with the first listener, and all threads of its pool with the first task.
  const nothing = (): void => {};
  process.on('SIGUSR2', nothing);
  process.off('SIGUSR2', nothing);
  stat('/', nothing);

  Reflect.set(globalThis, TEMPLATE_MARK, {
    chance,
    threads: readdirSync('/proc/self/task'),
    // Without the one that was open only to read this list: the program gets its number.
    fds: readdirSync('/proc/self/fd').filter((fd) => isOpen(Number(fd))),
    questions: watchQuestions(),
  });
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Nobody answers a listen() or bind() of a template. They are noted instead. */
function watchQuestions(): Questions {
  const questions: Questions = { asked: [], onAsked: () => {}, areAnswered: false };
  noteQuestions(cluster, (options) => {
    if (questions.areAnswered) return true;
    const { address, port } = options as { readonly address?: unknown; readonly port?: unknown };
    questions.asked.push(
      [address, port].filter((one) => one !== null && one !== undefined && one !== -1).join(':'),
    );
    questions.onAsked();
    return false;
  });
  return questions;
}
