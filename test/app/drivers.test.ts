import { describe, expect, it } from 'vitest';
import { Drivers } from '../../src/app/drivers.ts';
import type { Driver } from '../../src/broker.ts';

function driver(name: string, schemes: readonly string[] = [name]): Driver {
  const none = () => expect.fail('nothing is opened here');
  return { name, schemes, keepsQos2: false, openSubscriber: none, openPublisher: none };
}

const drivers = (...given: Driver[]) => new Drivers(given, () => {});

describe('Drivers', () => {
  it('are MQTT’s and those given', () => {
    const all = drivers(driver('bus'));
    expect(all.infos.map(({ name }) => name)).toEqual(['mqtt', 'bus']);
    expect(all.for('mqtt').schemes).toContain('mqtts');
    expect(all.for('bus').schemes).toEqual(['bus']);
  });

  it('may take MQTT’s place', () => {
    const all = drivers(driver('mqtt', ['tcp']));
    expect(all.infos.map(({ name }) => name)).toEqual(['mqtt']);
    expect(all.for('mqtt').schemes).toEqual(['tcp']);
  });

  it('names one that is not there', () => {
    expect(() => drivers().for('bus')).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining('a driver "bus"') }),
    );
  });

  it.each([
    [[driver('Bus')], 'expected a name of small letters, digits and "-" (configured as pubsub.<name>), found "Bus"'],
    [[driver('bus'), driver('bus', ['other'])], 'expected a different name for each driver, found "bus" again'],
    [[driver('bus', [])], 'pubsub.bus: expected url schemes in small letters, without ":", found "none"'],
    [[driver('bus', ['bus:'])], 'pubsub.bus: expected url schemes in small letters, without ":", found "bus:"'],
    [
      [{ ...driver('bus'), openPublisher: undefined } as unknown as Driver],
      'pubsub.bus: expected the functions openSubscriber and openPublisher, found one missing',
    ],
  ])('refuses drivers that do not fit: %#', (given, text) => {
    expect(() => drivers(...given)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: `drivers: ${text}` }),
    );
  });
});
