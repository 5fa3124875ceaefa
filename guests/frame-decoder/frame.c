#include "frame.h"

#include <stdio.h>
#include <stdlib.h>

#define HEADER 4
#define TRAILER 2

static uint16_t read_u16(const uint8_t *at) {
  return (uint16_t)(at[0] | at[1] << 8);
}

/* Polynomial 0x1021, begins with 0xffff, nothing reflected. */
static uint16_t crc16(const uint8_t *bytes, size_t length) {
  uint16_t crc = 0xffff;
  for (size_t i = 0; i < length; i++) {
    crc ^= (uint16_t)(bytes[i] << 8);
    for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

bool frame_decode(frame_t *frame, const uint8_t *bytes, size_t length, char *reason, size_t room) {
  if (length < HEADER + TRAILER) {
    snprintf(reason, room, "expected a frame of at least %d bytes, found %zu", HEADER + TRAILER, length);
    return false;
  }
  size_t expected = HEADER + 2 * (size_t)bytes[3] + TRAILER;
  if (length != expected) {
    snprintf(reason, room, "a frame of %u readings has %zu bytes, found %zu", bytes[3], expected, length);
    return false;
  }
  uint16_t found = read_u16(bytes + length - TRAILER), computed = crc16(bytes, length - TRAILER);
  if (found != computed) {
    snprintf(reason, room, "the CRC is 0x%04x, and 0x%04x in the frame", computed, found);
    return false;
  }
  if (bytes[2] & ~FRAME_BATTERY_LOW) {
    snprintf(reason, room, "the flags 0x%02x are not known, only 0x%02x", bytes[2], FRAME_BATTERY_LOW);
    return false;
  }
  frame->sensor = read_u16(bytes);
  frame->battery_low = bytes[2] & FRAME_BATTERY_LOW;
  frame->count = bytes[3];
  for (size_t i = 0; i < frame->count; i++) frame->readings[i] = (int16_t)read_u16(bytes + HEADER + 2 * i);
  return true;
}

size_t frame_json(const frame_t *frame, char json[FRAME_JSON]) {
  const char *battery_low = frame->battery_low ? "true" : "false";
  size_t length = (size_t)snprintf(json, FRAME_JSON, "{\"sensor\":%u,\"batteryLow\":%s,\"celsius\":[", frame->sensor,
                                   battery_low);
  for (size_t i = 0; i < frame->count; i++) {
    int hundredths = abs(frame->readings[i]);
    length += (size_t)snprintf(json + length, FRAME_JSON - length, "%s%s%d.%02d", i == 0 ? "" : ",",
                               frame->readings[i] < 0 ? "-" : "", hundredths / 100, hundredths % 100);
  }
  return length + (size_t)snprintf(json + length, FRAME_JSON - length, "]}");
}
