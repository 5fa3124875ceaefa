#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

/** `before`, `text` and `after` in one string, which the caller frees. */
static guest_string_t joined(const char *before, const uint8_t *text, size_t length, const char *after) {
  guest_string_t whole = {NULL, strlen(before) + length + strlen(after)};
  whole.ptr = malloc(whole.len + 1);
  if (whole.ptr == NULL) abort();
  memcpy(whole.ptr, before, strlen(before));
  if (length > 0) memcpy(whole.ptr + strlen(before), text, length);
  memcpy(whole.ptr + strlen(before) + length, after, strlen(after));
  return whole;
}

static bool greet(const uint8_t *name, size_t length, guest_string_t id, wasi_pubsub_types_error_t *error) {
  guest_string_t topic, none, type, context;
  guest_string_set(&topic, "{{name}}/greetings");
  guest_string_set(&none, "");
  guest_string_set(&type, "com.example.greeting");
  guest_string_set(&context, "");
  guest_string_t greeting = joined("Hello, ", name, length, "!");
  wasi_pubsub_types_event_t event = {
      /* The same message always makes the same greeting, so that a repeated one can be told. */
      .id = joined("", id.ptr, id.len, "-greeting"),
      /* Empty: the host fills in the app's name. */
      .source = none,
      .type = type,
      .data = {greeting.ptr, greeting.len},
  };
  bool ok = wasi_pubsub_data_basic_publish(&topic, &event, error);
  if (ok) {
    guest_string_t line = joined("greeted ", name, length, "");
    wasi_logging_logging_log(WASI_LOGGING_LOGGING_LEVEL_INFO, &context, &line);
    guest_string_free(&line);
  }
  guest_string_free(&greeting);
  guest_string_free(&event.id);
  return ok;
}

/**
 * Called once for each message. True settles it; the error `rejected` makes it a dead letter; every other error, and a
 * trap, mean "again, later".
 */
bool exports_wasi_pubsub_data_on_message_on_message(wasi_pubsub_types_event_t *message,
                                                    wasi_pubsub_types_error_t *error) {
  const uint8_t *name = message->data.ptr;
  size_t length = message->data.len;
  while (length > 0 && isspace(name[length - 1])) length--;
  while (length > 0 && isspace(name[0])) name++, length--;
  bool ok = false;
  if (length == 0) {
    error->tag = WASI_PUBSUB_TYPES_ERROR_REJECTED;
    guest_string_dup(&error->val.rejected, "nobody to greet");
  } else {
    ok = greet(name, length, message->id, error);
  }
  wasi_pubsub_types_event_free(message);
  return ok;
}
