#include <stdio.h>

#include "frame.h"
#include "frame_decoder.h"

static void warn_of_battery(uint16_t sensor) {
  char text[40];
  snprintf(text, sizeof text, "sensor %u: its battery is low", sensor);
  frame_decoder_string_t context, line;
  frame_decoder_string_set(&context, "");
  frame_decoder_string_set(&line, text);
  wasi_logging_logging_log(WASI_LOGGING_LOGGING_LEVEL_WARN, &context, &line);
}

/* What is published is borrowed from here and from the message: nothing is allocated. */
static bool publish(const frame_t *frame, frame_decoder_string_t id, wasi_pubsub_types_error_t *error) {
  static char json[FRAME_JSON];
  char name[24];
  snprintf(name, sizeof name, "readings/%u", frame->sensor);
  frame_decoder_string_t topic, none, type;
  frame_decoder_string_set(&topic, name);
  frame_decoder_string_set(&none, "");
  frame_decoder_string_set(&type, "com.example.sensor.readings");
  size_t length = frame_json(frame, json);
  wasi_pubsub_types_event_t event = {
      /* Under another source: the same frame always makes the same event, so that a repeated one can be told. */
      .id = id,
      /* Empty: the host fills in the app's name. */
      .source = none,
      .type = type,
      .data = {(uint8_t *)json, length},
  };
  return wasi_pubsub_data_basic_publish(&topic, &event, error);
}

/**
 * Called once for each message, which is one frame. True settles it; the error `rejected` makes it a dead letter; every
 * other error, and a trap, mean "again, later". Both the message and the error belong to this function: it frees the
 * one, and the bindings free what it allocates for the other.
 */
bool exports_wasi_pubsub_data_on_message_on_message(wasi_pubsub_types_event_t *message,
                                                    wasi_pubsub_types_error_t *error) {
  static frame_t frame;
  char reason[80];
  bool ok = frame_decode(&frame, message->data.ptr, message->data.len, reason, sizeof reason);
  if (!ok) {
    error->tag = WASI_PUBSUB_TYPES_ERROR_REJECTED;
    frame_decoder_string_dup(&error->val.rejected, reason);
  } else {
    if (frame.battery_low) warn_of_battery(frame.sensor);
    ok = publish(&frame, message->id, error);
  }
  wasi_pubsub_types_event_free(message);
  return ok;
}
