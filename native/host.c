/*
 * Stands for Node in a test: loads a compiled fork.c and forks by it, with any C library and on any CPU that this file was
 * compiled for. Prints "ok", or what is wrong.
 *
 *   host FILE.node
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-api.h"

#define LIMIT_SECONDS 60
#define ANSWER_MS 20000
#define MOST_ITEMS 16
#define STATUS 42

struct napi_value__ {
  int32_t number;
  uint32_t length;
  napi_value items[MOST_ITEMS];
  napi_callback function;
};

struct napi_callback_info__ {
  size_t count;
  napi_value args[4];
};

/* What is registered, by name. */
static struct {
  const char *name;
  napi_callback function;
} functions[MOST_ITEMS];
static size_t functions_count = 0;

static _Noreturn void fail(const char *what, long value) {
  printf("%s: %ld (errno %d)\n", what, value, errno);
  fflush(stdout);
  _exit(1);
}

static napi_value new_value(void) {
  napi_value value = calloc(1, sizeof *value);
  if (value == NULL) fail("no memory", 0);
  return value;
}

/* Node-API, as far as fork.c uses it: 0 is success. */

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *argc, napi_value *argv, napi_value *self,
                             void **data) {
  (void)env, (void)self, (void)data;
  for (size_t i = 0; i < *argc && i < info->count; i += 1) argv[i] = info->args[i];
  *argc = info->count;
  return 0;
}

napi_status napi_create_function(napi_env env, const char *name, size_t length, napi_callback callback, void *data,
                                 napi_value *result) {
  (void)env, (void)name, (void)length, (void)data;
  *result = new_value();
  (*result)->function = callback;
  return 0;
}

napi_status napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value) {
  (void)env, (void)object;
  functions[functions_count].name = name;
  functions[functions_count].function = value->function;
  functions_count += 1;
  return 0;
}

napi_status napi_create_int32(napi_env env, int32_t number, napi_value *result) {
  (void)env;
  *result = new_value();
  (*result)->number = number;
  return 0;
}

napi_status napi_get_value_int32(napi_env env, napi_value value, int32_t *result) {
  (void)env;
  *result = value->number;
  return 0;
}

napi_status napi_create_array_with_length(napi_env env, size_t length, napi_value *result) {
  (void)env;
  *result = new_value();
  (*result)->length = (uint32_t)length;
  return 0;
}

napi_status napi_get_array_length(napi_env env, napi_value value, uint32_t *result) {
  (void)env;
  *result = value->length;
  return 0;
}

napi_status napi_get_element(napi_env env, napi_value object, uint32_t index, napi_value *result) {
  (void)env;
  *result = object->items[index];
  return 0;
}

napi_status napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value value) {
  (void)env;
  object->items[index] = value;
  return 0;
}

static int loop, loops_forked = 0;

napi_status napi_get_uv_event_loop(napi_env env, struct uv_loop_s **result) {
  (void)env;
  *result = (struct uv_loop_s *)&loop;
  return 0;
}

int uv_loop_fork(struct uv_loop_s *of) {
  (void)of;
  loops_forked += 1;
  return 0;
}

void uv_update_time(struct uv_loop_s *of) { (void)of; }

/* For onStackAsked(): a reference is the value itself, and a function of JavaScript is one of C. */

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count, napi_ref *result) {
  (void)env, (void)count;
  *result = (napi_ref)value;
  return 0;
}

napi_status napi_get_reference_value(napi_env env, napi_ref reference, napi_value *result) {
  (void)env;
  *result = (napi_value)reference;
  return 0;
}

napi_status napi_get_global(napi_env env, napi_value *result) { return napi_create_int32(env, 0, result); }

napi_status napi_call_function(napi_env env, napi_value self, napi_value function, size_t argc, const napi_value *argv,
                               napi_value *result) {
  (void)self, (void)argc, (void)argv, (void)result;
  function->function(env, NULL);
  return 0;
}

napi_status napi_is_exception_pending(napi_env env, bool *result) {
  (void)env;
  *result = false;
  return 0;
}

napi_status napi_get_and_clear_last_exception(napi_env env, napi_value *result) { return napi_get_global(env, result); }

napi_status napi_open_handle_scope(napi_env env, napi_handle_scope *result) {
  (void)env;
  *result = (napi_handle_scope)&functions;
  return 0;
}

napi_status napi_close_handle_scope(napi_env env, napi_handle_scope scope) {
  (void)env, (void)scope;
  return 0;
}

/* As V8 has them: another thread asks, and the thread that runs JavaScript calls back. */
static void (*volatile interrupt)(void *isolate, void *data) = NULL;

void *v8_current(void) __asm__("_ZN2v87Isolate10GetCurrentEv");
void *v8_current(void) { return &loop; }

void v8_interrupt(void *isolate, void (*callback)(void *, void *), void *data)
    __asm__("_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_");
void v8_interrupt(void *isolate, void (*callback)(void *, void *), void *data) {
  (void)data;
  if (isolate == &loop) interrupt = callback;
}

/* Only onIdle() calls these, which needs a real event loop. Some C libraries load no file for which one is missing. */
#define UNUSED(name)                                                                                                   \
  int unused_##name(void) __asm__(#name);                                                                              \
  int unused_##name(void) { return 1; }
UNUSED(napi_add_async_cleanup_hook)
UNUSED(napi_async_init)
UNUSED(napi_create_string_utf8)
UNUSED(napi_make_callback)
UNUSED(napi_remove_async_cleanup_hook)
UNUSED(uv_close)
UNUSED(uv_loop_alive)
UNUSED(uv_prepare_init)
UNUSED(uv_prepare_start)
UNUSED(uv_ref)
UNUSED(uv_unref)

static napi_value call(const char *name, size_t count, napi_value first, napi_value second, napi_value third) {
  struct napi_callback_info__ info = {count, {first, second, third, NULL}};
  for (size_t i = 0; i < functions_count; i += 1)
    if (strcmp(functions[i].name, name) == 0) return functions[i].function(NULL, &info);
  fail(name, -1);
}

static napi_value of(int32_t number) {
  napi_value value = new_value();
  value->number = number;
  return value;
}

/* How a process ends that only the file knows how to wait for: its status, or 1000 and the signal. */
static int end_of(int pid) {
  for (;;) {
    napi_value ended = call("reap", 1, of(pid), NULL, NULL);
    if (ended->length == 2) return ended->items[1]->number == 0 ? ended->items[0]->number : 1000 + ended->items[1]->number;
    if (ended->number != 0) return ended->number;
    usleep(1000);
  }
}

/* Memory that a child gets only if it is told so before the fork, like V8's. */
static volatile char *hidden_memory(void) {
  char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || madvise(memory, 4096, MADV_DONTFORK) != 0) fail("mmap", 0);
  memory[0] = 7;
  return memory;
}

static void try_probe(void) {
  volatile char *memory = hidden_memory();
  int pid = call("probe", 0, NULL, NULL, NULL)->number;
  if (pid == 0) call("end", 1, of(memory[0] == 7 && loops_forked == 1 ? STATUS : 3), NULL, NULL);
  if (pid < 0) fail("probe()", pid);
  int ended = end_of(pid);
  if (ended != STATUS) fail("the test process has ended with", ended);
}

static int answers = 0;

static napi_value answer(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  answers += 1;
  return NULL;
}

/* 0: its thread has asked for an interrupt, and that has called back. */
static int try_stack(void) {
  int ends[2];
  napi_value callback = new_value();
  callback->function = answer;
  if (pipe2(ends, O_CLOEXEC) != 0) return 1;
  if (call("onStackAsked", 2, of(ends[0]), callback, NULL)->number != 0) return 2;
  if (write(ends[1], "?", 1) != 1) return 3;
  for (int waited = 0; interrupt == NULL && waited < ANSWER_MS; waited += 1) usleep(1000);
  if (interrupt == NULL) return 4;
  interrupt(&loop, NULL);
  interrupt = NULL;
  close(ends[1]);
  return answers == 1 ? 0 : 5;
}

/* Something is in each of the descriptors that a worker must not share. */
static struct {
  int event, ends[2], poll;
} own;

static void open_internals(void) {
  struct epoll_event wanted = {.events = EPOLLIN};
  own.event = eventfd(5, EFD_CLOEXEC | EFD_NONBLOCK);
  own.poll = epoll_create1(EPOLL_CLOEXEC);
  if (own.event < 0 || own.poll < 0 || pipe2(own.ends, O_CLOEXEC | O_NONBLOCK) != 0 || write(own.ends[1], "x", 1) != 1 ||
      epoll_ctl(own.poll, EPOLL_CTL_ADD, own.ends[0], &wanted) != 0)
    fail("internals", 0);
}

/* What is wrong in a worker; 0: nothing. */
static int check_worker(int pid, int parent, volatile char *memory) {
  uint64_t count = 1;
  char byte;
  struct epoll_event event;
  if (pid != getpid() || getppid() != parent) return 11;
  if (memory[0] != 7 || loops_forked != 1) return 12;
  if (read(own.event, &count, sizeof count) >= 0 || errno != EAGAIN) return 13;
  if (read(own.ends[0], &byte, 1) >= 0 || errno != EAGAIN) return 14;
  if (epoll_wait(own.poll, &event, 1, 0) != 0) return 15;
  if (write(own.ends[1], "y", 1) != 1 || read(own.ends[0], &byte, 1) != 1 || byte != 'y') return 16;
  if (write(own.event, &count, sizeof count) != sizeof count) return 17;
  return 0;
}

static void serve(int control, int parent) {
  int of_template = try_stack();
  if (of_template != 0) fail("onStackAsked()", of_template);
  open_internals();
  volatile char *memory = hidden_memory();
  int pid = call("serve", 1, of(control), NULL, NULL)->number;
  if (pid < 0) fail("serve()", pid);
  int wrong = check_worker(pid, parent, memory);
  /* Its own thread: the one of the template is gone. */
  answers = 0;
  int failure = wrong == 0 ? try_stack() : 0;
  if (failure != 0) wrong = 20 + failure;
  if (write(3, wrong == 0 ? "worker" : "broken", 6) != 6) wrong = 18;
  call("end", 1, of(wrong == 0 ? STATUS : wrong), NULL, NULL);
}

static void try_serve(void) {
  napi_value pair = call("socketPair", 1, of(1), NULL, NULL);
  if (pair->length != 2) fail("socketPair()", pair->number);
  int ours = pair->items[0]->number, theirs = pair->items[1]->number, parent = getpid();
  pid_t template = fork();
  if (template == 0) {
    close(ours);
    /* As in Node: a worker has 0 to 3, and nothing of its own is below. */
    if (theirs < 4 || dup2(0, 3) != 3) fail("descriptors", theirs);
    alarm(LIMIT_SECONDS);
    serve(theirs, parent);
  }
  close(theirs);
  for (int round = 0; round < 3; round += 1) {
    int ends[2];
    char text[7] = "";
    if (pipe(ends) != 0) fail("pipe", 0);
    if (call("ask", 1, of(ours), NULL, NULL)->number != 0) fail("ask()", 0);
    int answer = call("hear", 2, of(ours), of(ANSWER_MS), NULL)->number;
    if (answer != 1) fail("hear()", answer);
    napi_value fds = new_value();
    fds->length = 4;
    for (int i = 0; i < 3; i += 1) fds->items[i] = of(i);
    fds->items[3] = of(ends[1]);
    if (call("adopt", 1, of(1), NULL, NULL)->number != 0) fail("adopt()", 0);
    int sent = call("request", 2, of(ours), fds, NULL)->number;
    if (sent != 0) fail("request()", sent);
    int pid = call("hear", 2, of(ours), of(ANSWER_MS), NULL)->number;
    if (pid <= 1) fail("hear()", pid);
    if (call("isChild", 2, of(pid), of(ANSWER_MS), NULL)->number != 1) fail("isChild()", pid);
    if (call("adopt", 1, of(0), NULL, NULL)->number != 0) fail("adopt()", 0);
    close(ends[1]);
    ssize_t got = read(ends[0], text, 6);
    int ended = end_of(pid);
    if (ended != STATUS || got != 6 || strcmp(text, "worker") != 0) fail("the worker has ended with", ended);
    if (read(ends[0], text, 1) != 0) fail("the pipe of a worker is open elsewhere", 0);
    close(ends[0]);
  }
  close(ours);
  int status = 0;
  if (waitpid(template, &status, 0) != template || status != 0) fail("the template has ended with", status);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  /* Node has opened these places, too. */
  for (int fd = 0; fd <= 9; fd += 1)
    if (fcntl(fd, F_GETFD) < 0 && dup2(0, fd) < 0 && open("/dev/null", O_RDWR) < 0) fail("/dev/null", fd);
  void *file = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (file == NULL) {
    printf("%s\n", dlerror());
    return 1;
  }
  napi_value (*add)(napi_env, napi_value) = (napi_value(*)(napi_env, napi_value))dlsym(file, "napi_register_module_v1");
  if (add == NULL) fail("napi_register_module_v1", 0);
  add(NULL, new_value());
  alarm(LIMIT_SECONDS);
  try_probe();
  int is_reaper = 0;
  bool can_ask = prctl(PR_GET_CHILD_SUBREAPER, &is_reaper, 0, 0, 0) == 0;
  if (can_ask) try_serve();
  printf(can_ask ? "ok\n" : "ok, but this emulator has no subreapers\n");
  return 0;
}
