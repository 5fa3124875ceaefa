#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A frame, little-endian throughout:
 *
 *   offset  size
 *   0       2     the sensor's id
 *   2       1     flags: bit 0, its battery is low; the others are 0
 *   3       1     n, the number of readings
 *   4       2n    readings: signed, in hundredths of a degree Celsius
 *   4+2n    2     CRC-16/CCITT-FALSE over everything before it
 */
#define FRAME_BATTERY_LOW 0x01
#define FRAME_READINGS 255

typedef struct {
  uint16_t sensor;
  bool battery_low;
  uint8_t count;
  int16_t readings[FRAME_READINGS];
} frame_t;

/* False, and why in `reason`, where `bytes` is not exactly one frame. */
bool frame_decode(frame_t *frame, const uint8_t *bytes, size_t length, char *reason, size_t room);

/* Of the longest frame: 8 bytes for each reading. */
#define FRAME_JSON (64 + 8 * FRAME_READINGS)

/* Writes {"sensor":258,"batteryLow":false,"celsius":[21.50,-3.25]} and returns its length. */
size_t frame_json(const frame_t *frame, char json[FRAME_JSON]);

#endif
