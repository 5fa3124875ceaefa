import { expect, test } from 'vitest';
import { isLoopback } from '../../src/config/loopback.ts';

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
  '%s is this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each(['128.0.0.1', '0.0.0.0', '::', '::2', '127.0.0.1.example', 'localhost.example', 'broker', '', '127.1x'])(
  '%j may be another machine',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
