// Counts system calls of processes with strace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withChild } from './commands.mjs';

const LIMIT_MS = 30_000;
/** Waiting and heap management: their number depends on timing, not on work. */
const NO_WORK = new Set(
  'futex epoll_wait epoll_pwait poll restart_syscall sched_yield madvise mprotect mmap munmap brk'.split(' '),
);

/** Resolves with the number of system calls of these processes, with all threads, while `use` runs. */
export async function countSyscalls(pids, folder, use) {
  const file = join(folder, 'syscalls');
  const args = ['-f', '-c', '-o', file, ...pids.flatMap((pid) => ['-p', String(pid)])];
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  await withChild(child, LIMIT_MS, async () => {
    await attached(child, pids.length);
    await use();
    const gone = once(child, 'exit');
    child.kill('SIGINT');
    await gone;
  });
  return sumOf(readFileSync(file, 'utf8'));
}

/** strace prints a line for each attached process. */
async function attached(child, count) {
  let told = '';
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    told += chunk;
    if (told.split('attached').length > count) break;
    if (/Operation not permitted|attach:/.test(told)) throw new Error(told.split('\n')[0]);
  }
  child.stderr.resume();
}

/** The table of `strace -c`: share, seconds, usecs/call, calls, perhaps errors, name. */
export function sumOf(table) {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([share, , , calls]) => /^[\d.]+$/.test(share) && /^\d+$/.test(calls ?? ''))
    .filter((row) => row.at(-1) !== 'total' && !NO_WORK.has(row.at(-1)))
    .reduce((sum, [, , , calls]) => sum + Number(calls), 0);
}
