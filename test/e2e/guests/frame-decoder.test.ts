import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

/** CRC-16/CCITT-FALSE: 0x29b1 for "123456789". */
function crc16(bytes: Buffer): number {
  return bytes.reduce((before, byte) => {
    let crc = before ^ (byte << 8);
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
    return crc;
  }, 0xffff);
}

function frameOf(sensor: number, flags: number, hundredths: readonly number[]): Buffer {
  const frame = Buffer.alloc(6 + 2 * hundredths.length);
  frame.writeUInt16LE(sensor, 0);
  frame.writeUInt8(flags, 2);
  frame.writeUInt8(hundredths.length, 3);
  for (const [index, reading] of hundredths.entries()) frame.writeInt16LE(reading, 4 + 2 * index);
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), frame.length - 2);
  return frame;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describeGuest('frame-decoder', {
  'publishes the readings of a frame': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const readings = await collect(outside, 'readings/+');
    await publish(outside, 'frames/gateway-1', frameOf(258, 1, [2150, -5]));
    const message = await readings.next();
    expect(message.topic).toBe('readings/258');
    const { type, source, data } = eventIn(message);
    expect([type, source]).toEqual(['com.example.sensor.readings', '/frame-decoder']);
    expect(JSON.parse(data)).toEqual({ sensor: 258, batteryLow: true, celsius: [21.5, -0.05] });
    await host.waitFor('sensor 258: its battery is low');
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },

  'rejects what is no frame, and goes on': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const readings = await collect(outside, 'readings/+');
    const flipped = frameOf(1, 0, [2150]);
    flipped.writeUInt8(flipped.readUInt8(4) ^ 1, 4);
    await publish(outside, 'frames/gateway-1', flipped);
    await publish(outside, 'frames/gateway-1', frameOf(2, 0, [2150]).subarray(0, -1));
    await publish(outside, 'frames/gateway-1', '');
    await publish(outside, 'frames/gateway-1', frameOf(3, 0, [2150]));
    expect((await readings.next()).topic).toBe('readings/3');
    await host.waitFor(/rejected: the CRC is 0x[0-9a-f]{4}, and 0x[0-9a-f]{4} in the frame/);
    await host.waitFor('rejected: a frame of 1 readings has 8 bytes, found 7');
    await host.waitFor('rejected: expected a frame of at least 6 bytes, found 0');
  },

  'keeps nothing of the frames that it has decoded': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const readings = await collect(outside, 'readings/+');
    // 10,000 frames of 100 bytes, and of a source of 500, would not fit into the memory that app.toml gives it.
    const topic = `frames/${'g'.repeat(500)}`;
    const [batch, total] = [500, 10_000];
    for (let sent = 0; sent < total; ) {
      const frames = upTo(batch).map((index) => frameOf(sent + index, 0, upTo(47)));
      await Promise.all(frames.map((frame) => publish(outside, topic, frame)));
      sent += batch;
      // Mosquitto keeps no more than 1,000 for a client.
      await readings.until(sent, 60_000);
    }
    expect(readings.received.map(({ topic }) => topic)).toEqual(upTo(total).map((sensor) => `readings/${sensor}`));
    expect(host.stdout() + host.stderr()).not.toMatch(/trap|error/);
  },
});
