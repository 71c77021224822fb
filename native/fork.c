/*
 * What workerStart: 'fork' needs of the system and JavaScript cannot do. docs/internals/fork.md tells how it is used.
 *
 * A template is a process that has loaded the program and waits in serve(), where no JavaScript runs. For each worker it
 * gets one message with the descriptors of that worker, and forks twice: the process between ends at once, so that the
 * worker becomes a child of the process that asked. That one sees its end as that of any child, and the template may end
 * when it likes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-api.h"

#define PROBE_SECONDS 10

#define MOST_FDS 16
#define MOST_SIGNALS 65
#define MOST_PASSES 20
#define MOST_INTERNALS 64
#define HIGHEST_INTERNAL 1023
#define REPARENT_US 100
/* What the system keeps of a process's name. */
#define NAME_BYTES 16
/* V8 allocates little when it is asked for an interrupt. */
#define STACK_OF_THREAD (128 * 1024)

static napi_value number(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

/* -1: there is no such argument. */
static int32_t argument(napi_env env, napi_callback_info info, size_t index) {
  napi_value args[4] = {NULL};
  size_t count = 4;
  int32_t value = -1;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (index < count && args[index] != NULL) napi_get_value_int32(env, args[index], &value);
  return value;
}

/* socketPair(isOfMessages): two connected sockets, or -errno. */
static napi_value socket_pair(napi_env env, napi_callback_info info) {
  int fds[2];
  int type = argument(env, info, 0) == 1 ? SOCK_SEQPACKET : SOCK_STREAM;
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0) return number(env, -errno);
  napi_value result = NULL;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, number(env, fds[0]));
  napi_set_element(env, result, 1, number(env, fds[1]));
  return result;
}

static int send_fds(int socket, const int *fds, size_t count) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MOST_FDS)];
  } control;
  int32_t said = (int32_t)count;
  struct iovec data = {&said, sizeof said};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes};
  memset(&control, 0, sizeof control);
  message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
  memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

/* How many came; 0: it is asked whether it answers. -1: the other end is gone, or has sent what is no request. */
static int receive_fds(int socket, int *fds) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * MOST_FDS)];
  } control;
  int32_t said = 0;
  struct iovec data = {&said, sizeof said};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
  ssize_t got;
  do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got == sizeof said && said == 0) return 0;
  if (got != sizeof said || said < 1 || said > MOST_FDS) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  size_t count = (size_t)said;
  if (header == NULL || header->cmsg_len != CMSG_LEN(sizeof(int) * count)) return -1;
  memcpy(fds, CMSG_DATA(header), sizeof(int) * count);
  return said;
}

/* What comes from the template: a number above 0, or -errno. */
static int await_answer(int socket, int timeout_ms) {
  struct pollfd wait = {.fd = socket, .events = POLLIN};
  int32_t answer = 0;
  int ready;
  do ready = poll(&wait, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) return -ETIMEDOUT;
  if (ready < 0) return -errno;
  ssize_t got;
  do got = recv(socket, &answer, sizeof answer, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  return got == sizeof answer && answer != 0 ? answer : -EPIPE;
}

/* ask(socket): does it answer? 0, or -errno. */
static napi_value ask(napi_env env, napi_callback_info info) {
  int32_t nothing = 0;
  ssize_t sent = send(argument(env, info, 0), &nothing, sizeof nothing, MSG_NOSIGNAL | MSG_DONTWAIT);
  return number(env, sent < 0 ? -errno : 0);
}

/* hear(socket, timeoutMs): the answer to ask() is 1, to request() the pid or -errno. 0: nothing within that time. */
static napi_value hear(napi_env env, napi_callback_info info) {
  int answer = await_answer(argument(env, info, 0), argument(env, info, 1));
  return number(env, answer == -ETIMEDOUT ? 0 : answer);
}

/*
 * adopt(isOn): while it is on, processes below this one that lose their parent become its children. It is on as long as
 * anybody wants it. 0, or -errno.
 */
static napi_value adopt(napi_env env, napi_callback_info info) {
  static int wanted = 0, was_reaper = 0;
  if (argument(env, info, 0) == 1) {
    if (wanted == 0) {
      if (prctl(PR_GET_CHILD_SUBREAPER, &was_reaper, 0, 0, 0) != 0) return number(env, -errno);
      if (!was_reaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return number(env, -errno);
    }
    wanted += 1;
  } else if (wanted > 0) {
    wanted -= 1;
    if (wanted == 0 && !was_reaper) prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  }
  return number(env, 0);
}

/* isChild(pid, timeoutMs): 1 once it is a child of this process that nobody has waited for, 0: not within that time. */
static napi_value is_child(napi_env env, napi_callback_info info) {
  int32_t pid = argument(env, info, 0), left_us = argument(env, info, 1) * 1000;
  for (;;) {
    siginfo_t about;
    if (waitid(P_PID, (id_t)pid, &about, WEXITED | WNOHANG | WNOWAIT) == 0) return number(env, 1);
    if (errno != EINTR && left_us <= 0) return number(env, 0);
    usleep(REPARENT_US);
    left_us -= REPARENT_US;
  }
}

/* request(socket, fds): asks for a process that has these descriptors as 0, 1, 2…. 0, or -errno. */
static napi_value request(napi_env env, napi_callback_info info) {
  napi_value args[2] = {NULL};
  size_t argc = 2;
  int32_t socket = -1;
  uint32_t count = 0;
  int fds[MOST_FDS];
  napi_get_cb_info(env, info, &argc, args, NULL, NULL);
  if (argc < 2 || napi_get_value_int32(env, args[0], &socket) || napi_get_array_length(env, args[1], &count) ||
      count < 1 || count > MOST_FDS)
    return number(env, -EINVAL);
  for (uint32_t i = 0; i < count; i += 1) {
    napi_value one = NULL;
    if (napi_get_element(env, args[1], i, &one) || napi_get_value_int32(env, one, &fds[i]))
      return number(env, -EINVAL);
  }
  return number(env, send_fds(socket, fds, count));
}

/* reap(pid): 0 while it lives, [status, 0] or [0, signal] once, then -errno. */
static napi_value reap(napi_env env, napi_callback_info info) {
  int status = 0;
  pid_t pid;
  do pid = waitpid((pid_t)argument(env, info, 0), &status, WNOHANG);
  while (pid < 0 && errno == EINTR);
  if (pid <= 0) return number(env, pid < 0 ? -errno : 0);
  napi_value result = NULL;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, number(env, WIFEXITED(status) ? WEXITSTATUS(status) : 0));
  napi_set_element(env, result, 1, number(env, WIFSIGNALED(status) ? WTERMSIG(status) : 0));
  return result;
}

/* end(status): without joining threads that a forked process has lost. */
static napi_value end(napi_env env, napi_callback_info info) {
  int32_t status = argument(env, info, 0);
  fflush(NULL);
  _exit(status & 0xff);
}

/* Newer headers of glibc make strtoul() a function that other C libraries do not have. Returns what follows the number. */
static const char *hexadecimal(const char *text, unsigned long *value) {
  for (*value = 0;; text += 1) {
    int digit = *text >= '0' && *text <= '9' ? *text - '0' : *text >= 'a' && *text <= 'f' ? *text - 'a' + 10 : -1;
    if (digit < 0) return text;
    *value = (*value << 4) | (unsigned long)digit;
  }
}

/* A line of /proc/self/maps or smaps that begins a mapping: whether it is one, and its range. */
static bool range_of(const char *line, unsigned long *from, unsigned long *to) {
  bool begins = (*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f');
  const char *dash = begins ? hexadecimal(line, from) : line;
  if (*dash != '-') return false;
  hexadecimal(dash + 1, to);
  return true;
}

/* Calls back with each line of the file: 0, or -errno. Nothing in here allocates. */
static int each_line(const char *path, void (*on_line)(const char *line, void *data), void *data) {
  static char text[1 << 16];
  size_t kept = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  for (;;) {
    ssize_t got = read(fd, text + kept, sizeof text - 1 - kept);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    kept += (size_t)got;
    text[kept] = 0;
    char *line = text;
    for (char *stop; (stop = strchr(line, '\n')) != NULL; line = stop + 1) {
      *stop = 0;
      on_line(line, data);
    }
    kept = (size_t)(text + kept - line);
    memmove(text, line, kept);
    /* No line is that long. */
    if (kept >= sizeof text - 1) kept = 0;
  }
  close(fd);
  return 0;
}

struct mappings {
  unsigned long from, to;
  int left;
};

/* Of maps. The system refuses memory of a device: its own, which each process gets anyway, and that of drivers. */
static void share_mapping(const char *line, void *data) {
  struct mappings *all = data;
  if (!range_of(line, &all->from, &all->to) || strstr(line, " [vvar") != NULL || strstr(line, " [vsyscall]") != NULL)
    return;
  if (madvise((void *)all->from, all->to - all->from, MADV_DOFORK) != 0) all->left += 1;
}

/* Of smaps. */
static void share_kept_mapping(const char *line, void *data) {
  struct mappings *all = data;
  if (range_of(line, &all->from, &all->to) || strncmp(line, "VmFlags:", 8) != 0) return;
  if (strstr(line, " dc") == NULL) return;
  all->left += 1;
  if (madvise((void *)all->from, all->to - all->from, MADV_DOFORK) != 0) all->left += 1;
}

/*
 * V8 keeps some of its mappings from a child (MADV_DONTFORK), which would die of that later. Only smaps says which, but it
 * counts all pages to say so, which takes 2 ms each time: so all mappings are shared. The second time changes nothing, so
 * none is missed because the list changes while it is read. If the system refuses one, smaps says whether it is kept:
 * repeated until none is. How many were left, or -errno.
 */
static int share_mappings(void) {
  struct mappings all = {0};
  int failure = 0;
  for (int pass = 0; pass < 2 && failure == 0; pass += 1) {
    all.left = 0;
    failure = each_line("/proc/self/maps", share_mapping, &all);
  }
  for (int pass = 0; pass < MOST_PASSES && failure == 0 && all.left > 0; pass += 1) {
    all.left = 0;
    failure = each_line("/proc/self/smaps", share_kept_mapping, &all);
  }
  return failure != 0 ? failure : all.left;
}

/*
 * What wakes an event loop of Node: a copy of it would wake the loops of the template and of all its workers. Node has more
 * loops than the main one: for delayed tasks, and for trace events. Its descriptors are closed at exec(), others are inherited.
 */
struct internal {
  int fd;
  int flags;
  char name[48];
};

static struct internal internals[MOST_INTERNALS];
static size_t internals_count = 0;

/* Of this process: socket:[123], anon_inode:[eventfd], or nothing. */
static const char *name_of(int fd, char name[48]) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(path, name, 47);
  name[length < 0 ? 0 : length] = 0;
  return name;
}

static void find_internals(void) {
  internals_count = 0;
  for (int fd = 3; fd <= HIGHEST_INTERNAL && internals_count < MOST_INTERNALS; fd += 1) {
    struct internal *one = &internals[internals_count];
    int of_fd = fcntl(fd, F_GETFD);
    if (of_fd < 0 || (of_fd & FD_CLOEXEC) == 0) continue;
    name_of(fd, one->name);
    if (strncmp(one->name, "pipe:", 5) != 0 && strcmp(one->name, "anon_inode:[eventfd]") != 0 &&
        strcmp(one->name, "anon_inode:[eventpoll]") != 0)
      continue;
    one->fd = fd;
    one->flags = fcntl(fd, F_GETFL);
    internals_count += 1;
  }
}

static bool is_still(const struct internal *one) {
  char now[48];
  return strcmp(name_of(one->fd, now), one->name) == 0;
}

static bool is_written(const struct internal *one) { return (one->flags & O_ACCMODE) == O_WRONLY; }

/* The first descriptor of the other end; NULL: another process has it, so the pipe is no internal of Node. */
static const struct internal *other_end(const struct internal *one) {
  for (size_t i = 0; i < internals_count; i += 1)
    if (strcmp(internals[i].name, one->name) == 0 && is_written(&internals[i]) != is_written(one)) return &internals[i];
  return NULL;
}

/* Moves a new descriptor to the number of the one that it replaces. */
static int replace(int place, int fd) {
  if (fd < 0 || dup3(fd, place, O_CLOEXEC) < 0) return -1;
  return close(fd);
}

/* In a forked process: -1 if it is not possible. fork() has already replaced some: those have another name now. */
static int replace_internals(void) {
  for (size_t i = 0; i < internals_count; i += 1) {
    const struct internal *one = &internals[i], *other = NULL;
    int of_file = one->flags & O_NONBLOCK, ends[2];
    if (!is_still(one)) continue;
    if (strcmp(one->name, "anon_inode:[eventpoll]") == 0) {
      if (replace(one->fd, epoll_create1(EPOLL_CLOEXEC)) != 0) return -1;
    } else if (strcmp(one->name, "anon_inode:[eventfd]") == 0) {
      if (replace(one->fd, eventfd(0, EFD_CLOEXEC | (of_file == 0 ? 0 : EFD_NONBLOCK))) != 0) return -1;
    } else if ((other = other_end(one)) != NULL) {
      if (pipe2(ends, O_CLOEXEC | of_file) != 0 || replace(one->fd, ends[is_written(one)]) != 0 ||
          replace(other->fd, ends[is_written(other)]) != 0)
        return -1;
    }
  }
  return 0;
}

/* In a forked process. */
static int own_loops(struct uv_loop_s *loop) {
  if (replace_internals() != 0 || uv_loop_fork(loop) != 0) return -1;
  uv_update_time(loop);
  return 0;
}

static struct sigaction actions[MOST_SIGNALS];

/* What is for a whole group of processes is not for the template: the process that asks ends it. */
static void ignore_signals(void) {
  static const int of_groups[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT};
  struct sigaction ignore, usual;
  memset(&ignore, 0, sizeof ignore);
  memset(&usual, 0, sizeof usual);
  ignore.sa_handler = SIG_IGN;
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < MOST_SIGNALS; number += 1) sigaction(number, NULL, &actions[number]);
  for (size_t i = 0; i < sizeof of_groups / sizeof *of_groups; i += 1) sigaction(of_groups[i], &ignore, NULL);
  sigaction(SIGCHLD, &usual, NULL);
}

static void restore_signals(void) {
  for (int number = 1; number < MOST_SIGNALS; number += 1) {
    if (number != SIGKILL && number != SIGSTOP) sigaction(number, &actions[number], NULL);
  }
}

/* Puts a descriptor where the template has one of the same kind, with the flags of that. */
static int take_place(int fd, int place) {
  int of_fd = fcntl(place, F_GETFD), of_file = fcntl(place, F_GETFL), now = fcntl(fd, F_GETFL);
  if (of_fd < 0 || of_file < 0 || now < 0) return -1;
  if (dup2(fd, place) < 0 || fcntl(place, F_SETFD, of_fd) < 0) return -1;
  /* A file of others must not change for them. */
  bool blocks = (of_file & O_NONBLOCK) == 0, blocks_now = (now & O_NONBLOCK) == 0;
  return blocks == blocks_now || place < 3 ? 0 : fcntl(place, F_SETFL, now ^ O_NONBLOCK);
}

/* In the worker: everything that is the template's becomes its own. Ends it where that cannot be. */
static void become_worker(struct uv_loop_s *loop, int control, const int *fds, size_t count, pid_t between) {
  while (getppid() == between) usleep(REPARENT_US);
  for (size_t i = 0; i < count; i += 1) {
    if (take_place(fds[i], (int)i) != 0) _exit(71);
    close(fds[i]);
  }
  close(control);
  if (own_loops(loop) != 0) _exit(71);
  restore_signals();
}

/*
 * In the worker 0. In the template 1 if the answer is sent, else -errno. The process between uses the memory of the
 * template, which waits until it ends: so pages and their tables are copied once, not twice. It answers itself: whatever
 * happens to the template from here on, the one that asked learns the pid before the worker can become its child.
 */
static int fork_worker(struct uv_loop_s *loop, int control, const int *fds, size_t count) {
  int status = 0;
  pid_t between = vfork();
  if (between == 0) {
    pid_t own = getpid();
    int32_t worker = (int32_t)fork();
    if (worker == 0) {
      become_worker(loop, control, fds, count, own);
      return 0;
    }
    if (worker < 0) worker = -errno;
    _exit(send(control, &worker, sizeof worker, MSG_NOSIGNAL) == sizeof worker ? 0 : 1);
  }
  if (between < 0) return -errno;
  while (waitpid(between, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : -ECHILD;
}

/*
 * serve(socket): forks for whoever asks, until that one is gone: then the template ends. Returns in each worker only:
 * its pid. Or -errno, and nothing was done. Meanwhile top, pstree and ps -o comm show the process as "template".
 */
static napi_value serve(napi_env env, napi_callback_info info) {
  int control = argument(env, info, 0);
  struct uv_loop_s *loop = NULL;
  if (control < 0 || napi_get_uv_event_loop(env, &loop) != 0) return number(env, -EINVAL);
  sigset_t all, before;
  char name[NAME_BYTES] = "node";
  sigfillset(&all);
  ignore_signals();
  int left = share_mappings();
  if (left != 0) {
    restore_signals();
    return number(env, left < 0 ? left : -EAGAIN);
  }
  find_internals();
  prctl(PR_GET_NAME, name, 0, 0, 0);
  prctl(PR_SET_NAME, "template", 0, 0, 0);
  for (;;) {
    int fds[MOST_FDS];
    int count = receive_fds(control, fds);
    if (count < 0) _exit(0);
    int32_t answer = 1;
    if (count > 0) {
      sigprocmask(SIG_BLOCK, &all, &before);
      answer = fork_worker(loop, control, fds, (size_t)count);
      sigprocmask(SIG_SETMASK, &before, NULL);
      if (answer == 0) {
        prctl(PR_SET_NAME, name, 0, 0, 0);
        return number(env, getpid());
      }
    }
    for (int i = 0; i < count; i += 1) close(fds[i]);
    bool is_sent = count > 0 && answer == 1;
    if (!is_sent && send(control, &answer, sizeof answer, MSG_NOSIGNAL) < 0 && errno != EINTR) _exit(0);
  }
}

/* probe(): a plain copy of this process: 0 in it, here its pid. Or -errno. Whoever calls it waits for its end. The copy ends
   by itself after PROBE_SECONDS, should nobody be left who waits. */
static napi_value probe(napi_env env, napi_callback_info info) {
  (void)info;
  struct uv_loop_s *loop = NULL;
  if (napi_get_uv_event_loop(env, &loop) != 0) return number(env, -EINVAL);
  int left = share_mappings();
  if (left != 0) return number(env, left < 0 ? left : -EAGAIN);
  find_internals();
  pid_t pid = fork();
  if (pid < 0) return number(env, -errno);
  if (pid > 0) return number(env, pid);
  alarm(PROBE_SECONDS);
  if (own_loops(loop) != 0) _exit(71);
  return number(env, 0);
}

/* Of one event loop. libuv has the handle first, and its size for itself: no version of it is that large. */
struct idle_watch {
  union {
    char bytes[1024];
    void *aligned;
  } handle;
  napi_env env;
  struct uv_loop_s *loop;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  int32_t times;
};

static struct uv_handle_s *handle_of(struct idle_watch *watch) { return (struct uv_handle_s *)&watch->handle; }

/* Right before the loop waits: would it, if it were not for us? */
static void look_for_idle(struct uv_prepare_s *handle) {
  struct idle_watch *watch = (struct idle_watch *)handle;
  uv_unref(handle_of(watch));
  bool is_alive = uv_loop_alive(watch->loop) != 0;
  uv_ref(handle_of(watch));
  watch->times = is_alive ? 0 : watch->times + 1;
  if (is_alive) return;
  napi_handle_scope scope = NULL;
  napi_value self = NULL, function = NULL, times;
  if (napi_open_handle_scope(watch->env, &scope) != 0) return;
  times = number(watch->env, watch->times);
  if (napi_get_global(watch->env, &self) == 0 &&
      napi_get_reference_value(watch->env, watch->callback, &function) == 0)
    napi_make_callback(watch->env, watch->context, self, function, 1, &times, NULL);
  napi_close_handle_scope(watch->env, scope);
}

static void idle_watch_closed(struct uv_handle_s *handle) {
  struct idle_watch *watch = (struct idle_watch *)handle;
  napi_remove_async_cleanup_hook(watch->hook);
  free(watch);
}

static void end_idle_watch(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  uv_close(handle_of(data), idle_watch_closed);
}

/*
 * onIdle(callback): the event loop of this thread never ends by itself. Instead it calls back when nothing is left to do:
 * with 1, and with 2, 3… as long as nothing came of that. Where a loop ends, Node waits for tasks that V8 has given to
 * its threads, and a forked process has not got those. 0, or -1.
 */
static napi_value on_idle(napi_env env, napi_callback_info info) {
  napi_value args[1] = {NULL}, name = NULL;
  size_t argc = 1;
  struct idle_watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL) return number(env, -1);
  watch->env = env;
  if (napi_get_cb_info(env, info, &argc, args, NULL, NULL) != 0 || argc < 1 ||
      napi_get_uv_event_loop(env, &watch->loop) != 0 ||
      napi_create_reference(env, args[0], 1, &watch->callback) != 0 ||
      napi_create_string_utf8(env, "serverengine", 12, &name) != 0 ||
      napi_async_init(env, NULL, name, &watch->context) != 0 ||
      uv_prepare_init(watch->loop, (struct uv_prepare_s *)watch) != 0) {
    free(watch);
    return number(env, -1);
  }
  uv_prepare_start((struct uv_prepare_s *)watch, look_for_idle);
  napi_add_async_cleanup_hook(env, end_idle_watch, watch, &watch->hook);
  return number(env, 0);
}

/*
 * Two functions of V8 that Node exports to addons, by the names that C++ gives them: the same on Node 20 to 26. They may be
 * missing: the file is loaded without them, too.
 */
#define OF_V8(name) __asm__(name) __attribute__((weak, visibility("default")))
extern void *current_isolate(void) OF_V8("_ZN2v87Isolate10GetCurrentEv");
extern void request_interrupt(void *isolate, void (*callback)(void *isolate, void *data), void *data)
    OF_V8("_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_");

/* Who asks for the stack of the main thread, and how it is interrupted. A forked process begins anew: the thread is gone. */
static struct {
  int socket;
  napi_env env;
  napi_ref callback;
  void *isolate;
} stack;

/* On the main thread, wherever JavaScript runs: in the middle of a loop, of a regular expression, or in Atomics.wait(). */
static void interrupted(void *isolate, void *data) {
  (void)isolate;
  (void)data;
  napi_handle_scope scope = NULL;
  napi_value self = NULL, function = NULL, failure = NULL;
  bool has_thrown = false;
  if (napi_open_handle_scope(stack.env, &scope) != 0) return;
  if (napi_get_global(stack.env, &self) == 0 &&
      napi_get_reference_value(stack.env, stack.callback, &function) == 0)
    napi_call_function(stack.env, self, function, 0, NULL, NULL);
  /* Nothing of that must reach the program. */
  if (napi_is_exception_pending(stack.env, &has_thrown) == 0 && has_thrown)
    napi_get_and_clear_last_exception(stack.env, &failure);
  napi_close_handle_scope(stack.env, scope);
}

static void *wait_for_questions(void *data) {
  (void)data;
  char question[64];
  for (;;) {
    ssize_t got = read(stack.socket, question, sizeof question);
    if (got > 0) request_interrupt(stack.isolate, interrupted, NULL);
    else if (got == 0 || errno != EINTR) return NULL;
  }
}

/*
 * onStackAsked(socket, callback): whatever comes in there interrupts the JavaScript of this thread and calls back. A
 * process without Node's thread for that cannot open its debugger on a signal. 0, or -errno: -ENOSYS without V8's functions.
 */
static napi_value on_stack_asked(napi_env env, napi_callback_info info) {
  napi_value args[2] = {NULL, NULL};
  size_t argc = 2;
  if (current_isolate == NULL || request_interrupt == NULL) return number(env, -ENOSYS);
  if (napi_get_cb_info(env, info, &argc, args, NULL, NULL) != 0 || argc < 2 ||
      napi_get_value_int32(env, args[0], &stack.socket) != 0 ||
      napi_create_reference(env, args[1], 1, &stack.callback) != 0)
    return number(env, -EINVAL);
  stack.env = env;
  stack.isolate = current_isolate();
  /* Their size differs between C libraries. */
  union {
    pthread_attr_t as_here;
    char bytes[256];
  } attributes;
  pthread_t thread;
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_init(&attributes.as_here);
  pthread_attr_setdetachstate(&attributes.as_here, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes.as_here, STACK_OF_THREAD);
  /* Signals are for the other threads. */
  sigprocmask(SIG_BLOCK, &all, &before);
  int failure = pthread_create(&thread, &attributes.as_here, wait_for_questions, NULL);
  sigprocmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes.as_here);
  return number(env, -failure);
}

static void add(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function = NULL;
  napi_create_function(env, name, strlen(name), callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

__attribute__((visibility("default"))) int32_t node_api_module_get_api_version_v1(void) { return 8; }

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  add(env, exports, "socketPair", socket_pair);
  add(env, exports, "ask", ask);
  add(env, exports, "hear", hear);
  add(env, exports, "adopt", adopt);
  add(env, exports, "isChild", is_child);
  add(env, exports, "request", request);
  add(env, exports, "reap", reap);
  add(env, exports, "end", end);
  add(env, exports, "probe", probe);
  add(env, exports, "serve", serve);
  add(env, exports, "onIdle", on_idle);
  add(env, exports, "onStackAsked", on_stack_asked);
  return exports;
}
