import { describe, expect, test } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/config/units.ts';

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ['1.5s', 1500],
    ['0s', 0],
    [' 30 s ', 30_000],
  ])('%j', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '30', 's', '-1s', '1w', '1h30m', '30S', '1e3s', '99999999999999999d'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each(['0s', '1ms', '250ms', '30s', '90s', '5m', '12h', '7d'])('%s is written back as it was', (text) => {
    expect(formatDuration(parseDuration(text) ?? -1)).toBe(text);
  });
});

describe('sizes', () => {
  test.each([
    ['0B', 0],
    ['512B', 512],
    ['64KiB', 65_536],
    ['32MiB', 33_554_432],
    ['1GiB', 1_073_741_824],
    ['1.5KiB', 1536],
    ['1MB', 1_000_000],
  ])('%j', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', '32', 'MiB', '-1B', '32mib', '32M', '9999999TiB'])('refuses %j', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  test.each(['0B', '512B', '1000B', '64KiB', '32MiB', '1GiB'])('%s is written back as it was', (text) => {
    expect(formatSize(parseSize(text) ?? -1)).toBe(text);
  });
});
