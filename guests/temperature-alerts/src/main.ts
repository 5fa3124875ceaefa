import { current } from 'host:pubsub/delivery@0.1.0';
import { publish } from 'wasi:pubsub/data-basic@0.1.0';
import type { Event, Error as PubsubError } from 'wasi:pubsub/types@0.1.0';
import { AlertState } from './alert-state.ts';
import { parseReading, sensorOf } from './reading.ts';

/** An alert is raised at this temperature, and cleared only below the lower one, so that noise does not repeat it. */
const RAISE_AT = 30;
const CLEAR_BELOW = 28;

const state = new AlertState(RAISE_AT, CLEAR_BELOW);
const encoder = new TextEncoder();

/** Called once for each reading on `sensors/<sensor>/temperature`. */
function onMessage(reading: Event): void {
  const topic = current()?.topic ?? '';
  const sensor = sensorOf(topic);
  const celsius = parseReading(reading.data);
  // A reading that cannot be understood will not get better: rejecting it makes it a dead letter at once.
  if (sensor === undefined) throw rejected(`"${topic}" does not look like sensors/<sensor>/temperature`);
  if (celsius === undefined) throw rejected('the payload is not JSON like {"celsius": 31.5}');

  const change = state.changeOf(sensor, celsius);
  if (change === undefined) return;
  const alert = { sensor, state: change, celsius, raiseAt: RAISE_AT, clearBelow: CLEAR_BELOW };
  publish(`alerts/${sensor}`, {
    // The same reading always makes the same alert, so a repeated one can be told.
    id: `${reading.id}-alert`,
    source: '/temperature-alerts',
    type: `com.example.temperature.${change}`,
    data: encoder.encode(JSON.stringify(alert)),
  });
  // Only now: had the publish failed, the reading would come again and has to find the state as it was.
  state.apply(sensor, change);
  console.log(`${sensor}: alert ${change} at ${celsius} °C`);
}

function rejected(why: string): PubsubError {
  return { tag: 'rejected', val: why };
}

export const dataOnMessage = { onMessage };
