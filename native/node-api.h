/*
 * What fork.c uses of Node-API and of libuv. Both promise that these stay as they are; so the file compiles where there are
 * no headers of Node.
 */
#ifndef SERVERENGINE_NODE_API_H
#define SERVERENGINE_NODE_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);
typedef int napi_status; /* 0: it went well */
typedef struct napi_ref__ *napi_ref;
typedef struct napi_async_context__ *napi_async_context;
typedef struct napi_handle_scope__ *napi_handle_scope;
typedef struct napi_async_cleanup_hook_handle__ *napi_async_cleanup_hook_handle;
typedef void (*napi_async_cleanup_hook)(napi_async_cleanup_hook_handle handle, void *data);
struct uv_loop_s;
struct uv_prepare_s;
struct uv_handle_s;

extern napi_status napi_get_cb_info(napi_env, napi_callback_info, size_t *argc, napi_value *argv, napi_value *self,
                                    void **data);
extern napi_status napi_create_function(napi_env, const char *name, size_t length, napi_callback, void *data,
                                        napi_value *result);
extern napi_status napi_set_named_property(napi_env, napi_value object, const char *name, napi_value value);
extern napi_status napi_create_int32(napi_env, int32_t value, napi_value *result);
extern napi_status napi_get_value_int32(napi_env, napi_value, int32_t *result);
extern napi_status napi_create_array_with_length(napi_env, size_t length, napi_value *result);
extern napi_status napi_get_array_length(napi_env, napi_value, uint32_t *result);
extern napi_status napi_get_element(napi_env, napi_value object, uint32_t index, napi_value *result);
extern napi_status napi_set_element(napi_env, napi_value object, uint32_t index, napi_value value);
extern napi_status napi_get_uv_event_loop(napi_env, struct uv_loop_s **loop);

extern napi_status napi_create_reference(napi_env, napi_value, uint32_t count, napi_ref *result);
extern napi_status napi_get_reference_value(napi_env, napi_ref, napi_value *result);
extern napi_status napi_create_string_utf8(napi_env, const char *text, size_t length, napi_value *result);
extern napi_status napi_get_global(napi_env, napi_value *result);
extern napi_status napi_call_function(napi_env, napi_value self, napi_value function, size_t argc, const napi_value *argv,
                                      napi_value *result);
extern napi_status napi_is_exception_pending(napi_env, bool *result);
extern napi_status napi_get_and_clear_last_exception(napi_env, napi_value *result);
extern napi_status napi_open_handle_scope(napi_env, napi_handle_scope *result);
extern napi_status napi_close_handle_scope(napi_env, napi_handle_scope);
extern napi_status napi_async_init(napi_env, napi_value resource, napi_value name, napi_async_context *result);
extern napi_status napi_make_callback(napi_env, napi_async_context, napi_value self, napi_value function, size_t argc,
                                      const napi_value *argv, napi_value *result);
extern napi_status napi_add_async_cleanup_hook(napi_env, napi_async_cleanup_hook, void *data,
                                               napi_async_cleanup_hook_handle *result);
extern napi_status napi_remove_async_cleanup_hook(napi_async_cleanup_hook_handle);

extern int uv_prepare_init(struct uv_loop_s *, struct uv_prepare_s *);
extern int uv_prepare_start(struct uv_prepare_s *, void (*callback)(struct uv_prepare_s *));
extern void uv_ref(struct uv_handle_s *);
extern void uv_unref(struct uv_handle_s *);
extern void uv_close(struct uv_handle_s *, void (*callback)(struct uv_handle_s *));
extern int uv_loop_alive(const struct uv_loop_s *);
extern int uv_loop_fork(struct uv_loop_s *loop);
extern void uv_update_time(struct uv_loop_s *loop);

#endif
