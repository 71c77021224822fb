/** The system calls in which a process may be found waiting. Others are shown by number. */
const X64: Readonly<Record<number, string>> = {
  0: 'read',
  1: 'write',
  7: 'poll',
  16: 'ioctl',
  17: 'pread64',
  18: 'pwrite64',
  19: 'readv',
  20: 'writev',
  23: 'select',
  35: 'nanosleep',
  40: 'sendfile',
  42: 'connect',
  43: 'accept',
  44: 'sendto',
  45: 'recvfrom',
  46: 'sendmsg',
  47: 'recvmsg',
  61: 'wait4',
  72: 'fcntl',
  73: 'flock',
  74: 'fsync',
  75: 'fdatasync',
  202: 'futex',
  219: 'restart_syscall',
  230: 'clock_nanosleep',
  232: 'epoll_wait',
  247: 'waitid',
  257: 'openat',
  262: 'newfstatat',
  270: 'pselect6',
  271: 'ppoll',
  281: 'epoll_pwait',
  288: 'accept4',
  318: 'getrandom',
  326: 'copy_file_range',
  332: 'statx',
};

const ARM64: Readonly<Record<number, string>> = {
  22: 'epoll_pwait',
  25: 'fcntl',
  29: 'ioctl',
  32: 'flock',
  56: 'openat',
  63: 'read',
  64: 'write',
  65: 'readv',
  66: 'writev',
  67: 'pread64',
  68: 'pwrite64',
  71: 'sendfile',
  72: 'pselect6',
  73: 'ppoll',
  79: 'newfstatat',
  82: 'fsync',
  83: 'fdatasync',
  95: 'waitid',
  98: 'futex',
  101: 'nanosleep',
  115: 'clock_nanosleep',
  128: 'restart_syscall',
  202: 'accept',
  203: 'connect',
  206: 'sendto',
  207: 'recvfrom',
  211: 'sendmsg',
  212: 'recvmsg',
  242: 'accept4',
  260: 'wait4',
  278: 'getrandom',
  285: 'copy_file_range',
  291: 'statx',
};

/** The first argument of these is a descriptor. */
const OF_A_FILE = new Set([
  ...['read', 'write', 'pread64', 'pwrite64', 'readv', 'writev', 'sendfile', 'ioctl', 'fcntl', 'flock'],
  ...['fsync', 'fdatasync', 'connect', 'accept', 'accept4', 'sendto', 'recvfrom', 'sendmsg', 'recvmsg'],
]);

export function syscallName(number: number, arch: string): string {
  const names = arch === 'x64' ? X64 : arch === 'arm64' ? ARM64 : {};
  return names[number] ?? `syscall ${number}`;
}

export function isOfFile(name: string): boolean {
  return OF_A_FILE.has(name);
}
