import { createConnection } from 'node:net';
import { connect, MqttClient } from 'mqtt';
import { writeToStream } from 'mqtt-packet';
import { type ConnectRequest, clientOptions } from './client-options.ts';

// It would make a buffer of each of the 65,536 numbers before the first packet: 25 ms and 19 MB, and no publish is faster.
writeToStream.cacheNumbers = false;

/**
 * Opens a network connection and sends CONNECT on it. mqtt.js's `connect` loads TLS, HTTP and WebSocket first, whatever
 * the protocol, which takes long when a host starts: over plain TCP, which needs none of them, its client does without.
 */
export function openClient(request: ConnectRequest): MqttClient {
  const options = clientOptions(request);
  const { host, port } = request.address;
  // Where mqtt.js is told to go through a proxy, it does.
  const isPlain = options.protocol === 'mqtt' && !process.env.MQTTJS_SOCKS_PROXY;
  return isPlain ? new MqttClient(() => createConnection({ host, port }), options) : connect(options);
}
