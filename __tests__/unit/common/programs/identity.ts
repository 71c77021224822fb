/**
 * Changes its identity, and prints the new identity or the error as JSON.
 *
 *   identity.ts '{"drop": {"uid": 65534, "gid": 65534}, "request": {…}, "umask": 23}'
 */
import { writeFileSync } from 'node:fs';
import { changeIdentity } from '../../../../src/common/identity';
import { resolveIdentity, type IdentityRequest } from '../../../../src/common/resolve-identity';

interface Task {
  /** Starts with this identity. */
  readonly drop?: { readonly uid: number; readonly gid: number };
  readonly request: IdentityRequest;
  readonly umask?: number;
  /** Written afterwards, to check its owner. */
  readonly file?: string;
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
if (task.drop) {
  process.setgid?.(task.drop.gid);
  process.setgroups?.([task.drop.gid]);
  process.setuid?.(task.drop.uid);
}
try {
  changeIdentity(resolveIdentity(task.request), task.umask);
  if (task.file !== undefined) writeFileSync(task.file, '');
  const result = {
    ids: [process.getuid?.(), process.geteuid?.(), process.getgid?.(), process.getegid?.()],
    groups: process.getgroups?.(),
    umask: process.umask(0),
  };
  const regains = [() => process.setuid?.(0), () => process.seteuid?.(0), () => process.setgid?.(0)];
  print({ ...result, canRegain: regains.map(succeeds) });
} catch (error) {
  const { name, code, message } = error as Error & { code?: string };
  print({ error: { name, code, message } });
}

function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function print(result: object): void {
  process.stdout.write(JSON.stringify(result));
}
