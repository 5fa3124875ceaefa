import { describe, expect, test } from 'vitest';
import { deniedByConnack, deniedBySuback, reducedByConnack } from '../../../../src/broker/mqtt/connection/grants.ts';

describe('CONNACK', () => {
  test('denies what is used, and only that', () => {
    const denied = deniedByConnack;
    expect(denied({}, ['$share/g/a/#'], 2)).toBeUndefined();
    expect(denied({ sharedSubscriptionAvailable: false }, ['a', '$share/g/a'], 1)).toMatch(/shared.*"\$share\/g\/a"/);
    expect(denied({ sharedSubscriptionAvailable: false }, ['a/#'], 1)).toBeUndefined();
    expect(denied({ wildcardSubscriptionAvailable: false }, ['a', 'b/+'], 1)).toMatch(/wildcards.*"b\/\+"/);
    expect(denied({ wildcardSubscriptionAvailable: false }, ['$share/g/a/#'], 1)).toMatch(/wildcards/);
    expect(denied({ wildcardSubscriptionAvailable: false }, ['a/b'], 1)).toBeUndefined();
    expect(denied({ maximumQoS: 1 }, ['a'], 2)).toMatch(/QoS 1 at most, qos = 2/);
    expect(denied({ maximumQoS: 1 }, ['a'], 1)).toBeUndefined();
  });

  test('a shorter expiry and smaller packets are warnings', () => {
    expect(reducedByConnack({ sessionExpiryInterval: 60 }, 600, false)).toEqual([
      expect.stringMatching(/60 s only, session_expiry asks for 600 s/),
    ]);
    expect(reducedByConnack({ sessionExpiryInterval: 600 }, 600, false)).toEqual([]);
    expect(reducedByConnack({ maximumPacketSize: 1000 }, 0, true)).toEqual([expect.stringContaining('1000 bytes')]);
    expect(reducedByConnack({ maximumPacketSize: 1000 }, 0, false)).toEqual([]);
  });
});

describe('SUBACK', () => {
  test('everything granted', () => {
    expect(deniedBySuback(['a', 'b'], 1, [1, 1], 5)).toBeUndefined();
    expect(deniedBySuback(['a'], 0, [0], 4)).toBeUndefined();
  });

  test('each refused or lowered filter is named, with the reason where there is one', () => {
    const text = deniedBySuback(['a', 'b', 'c', 'd'], 2, [2, 0x87, 1, 0x9e], 5);
    expect(text).not.toContain('"a"');
    expect(text).toMatch(/refused filter "b": not authorized \(0x87\)/);
    expect(text).toMatch(/granted QoS 1 for filter "c", qos = 2/);
    expect(text).toMatch(/refused filter "d": shared subscriptions not supported/);
    expect(deniedBySuback(['a'], 1, [0x80], 4)).toBe('the broker refused filter "a"');
    expect(deniedBySuback(['a', 'b'], 1, [1], 5)).toMatch(/did not answer for filter "b"/);
  });
});
