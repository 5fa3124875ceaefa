/**
 * A source of qos 2 messages for benchmarks, in a process of its own: `source.ts <port> <messages> <window>` speaks enough MQTT for one
 * subscriber at a time, keeps a window of messages under way to it, and prints `rate <messages a second>` when it has
 * answered all of them with PUBCOMP. Being cheap, it leaves the subscriber to be the limit.
 */
import { writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { generate, type Packet, parser, writeToStream } from 'mqtt-packet';

const [port = '0', messages = '20000', window = '100'] = process.argv.slice(2);
const TOTAL = Number(messages);
/** Messages before the clock starts: the subscriber's code is warm then. */
const WARM_UP = Math.floor(TOTAL / 4);
const WINDOW = Number(window);
const TOPICS = 16;
const BODY = `ok ${'x'.repeat(253)}`;

/** PUBLISH packets whose packet id is filled in when they are sent. */
function templates(protocolVersion: number): Buffer[] {
  return Array.from({ length: TOPICS }, (_, topic) =>
    generate(
      {
        cmd: 'publish',
        topic: `bench/${String(topic).padStart(2, '0')}`,
        payload: BODY,
        qos: 2,
        messageId: 1,
        dup: false,
        retain: false,
      },
      { protocolVersion },
    ),
  );
}

/** Of `bench/nn` in a packet whose remaining length takes two bytes. */
const ID_AT = 3 + 2 + 'bench/00'.length;

class Pump {
  readonly #socket: Socket;
  readonly #templates: Buffer[];
  readonly #released = Buffer.from([0x62, 2, 0, 0]);
  #sent = 0;
  #completed = 0;
  #began = 0;
  #freeIds: number[] = Array.from({ length: WINDOW }, (_, index) => index + 1);
  #batch: Buffer[] = [];

  constructor(socket: Socket, protocolVersion: number) {
    this.#socket = socket;
    this.#templates = templates(protocolVersion);
  }

  fill(): void {
    while (this.#sent < TOTAL) {
      const id = this.#freeIds.pop();
      if (id === undefined) return;
      const packet = Buffer.from(this.#templates[this.#sent % TOPICS] ?? BODY);
      packet.writeUInt16BE(id, ID_AT);
      this.#write(packet);
      this.#sent++;
    }
  }

  answer(type: number, id: number): void {
    if (type === 5) {
      const packet = Buffer.from(this.#released);
      packet.writeUInt16BE(id, 2);
      this.#write(packet);
    } else if (type === 7) {
      this.#freeIds.push(id);
      this.#completed++;
      if (this.#completed === WARM_UP) this.#began = performance.now();
      if (this.#completed === TOTAL) {
        const seconds = (performance.now() - this.#began) / 1000;
        writeSync(1, `rate ${Math.round((TOTAL - WARM_UP) / seconds)}\n`);
      }
    }
  }

  #write(packet: Buffer): void {
    if (this.#batch.length === 0) setImmediate(() => this.#flush());
    this.#batch.push(packet);
  }

  #flush(): void {
    this.#socket.write(Buffer.concat(this.#batch));
    this.#batch = [];
  }
}

/** PUBREC and PUBCOMP are short: two bytes of header, then the packet id. */
function answersOf(pump: Pump): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at + 2 <= bytes.length && at + 2 + (bytes[at + 1] ?? 0) <= bytes.length) {
      const type = (bytes[at] ?? 0) >> 4;
      if (type === 5 || type === 7) pump.answer(type, bytes.readUInt16BE(at + 2));
      at += 2 + (bytes[at + 1] ?? 0);
    }
    rest = bytes.subarray(at);
    pump.fill();
  };
}

function accept(socket: Socket): void {
  const incoming = parser();
  let protocolVersion = 5;
  const send = (packet: Packet) => writeToStream(packet, socket, { protocolVersion });
  const onData = (chunk: Buffer) => void incoming.parse(chunk);
  socket.setNoDelay();
  socket.on('error', () => socket.destroy());
  socket.on('data', onData);
  incoming.on('packet', (packet) => {
    if (packet.cmd === 'connect') {
      protocolVersion = packet.protocolVersion ?? 4;
      send({ cmd: 'connack', sessionPresent: false, reasonCode: 0, returnCode: 0 });
    } else if (packet.cmd === 'subscribe') {
      send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [2] });
      const pump = new Pump(socket, protocolVersion);
      socket.off('data', onData);
      socket.on('data', answersOf(pump));
      setTimeout(() => pump.fill(), 100);
    } else if (packet.cmd === 'pingreq') send({ cmd: 'pingresp' });
  });
}

createServer(accept).listen(Number(port), '127.0.0.1', () => writeSync(1, 'listening\n'));
