import { type IPublishPacket, parser, type UserProperties } from 'mqtt-packet';

export type Pair = readonly [string, string];

/** Where the parser leaves a packet's user properties as they were sent. */
const AS_SENT = Symbol('user properties as sent');

interface ParsedPacket {
  [AS_SENT]?: Pair[];
}

/** What of mqtt-packet's parser is used here; `mqttjs-guard.test.ts` says so where a version has it no more. */
interface Parser {
  readonly packet: ParsedPacket;
  _parseStringPair?(): { readonly name: string | null; readonly value: string | null };
}

/**
 * The parser groups user properties by name and drops empty values that others follow, while their order and number
 * mean something [MQTT-3.3.2-18]. So each pair is noted when it is read.
 */
function notePairs(prototype: Parser): void {
  const original = prototype._parseStringPair;
  if (original === undefined) return;
  prototype._parseStringPair = function parsePair(this: Parser) {
    const pair = original.call(this);
    const { name, value } = pair;
    if (name === null || value === null) return pair;
    const { packet } = this;
    packet[AS_SENT] ??= [];
    packet[AS_SENT].push([name, value]);
    return pair;
  };
}

notePairs(Object.getPrototypeOf(parser()));

function grouped(properties: UserProperties): Pair[] {
  return Object.entries(properties).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one): Pair => [name, one]) : [[name, value] as const],
  );
}

/** A packet's user properties as they were sent; grouped by name where the parser that made it is another one. */
export function incomingPairs(packet: IPublishPacket): readonly Pair[] {
  const sent = (packet as ParsedPacket)[AS_SENT];
  if (sent !== undefined) return sent;
  const found = packet.properties?.userProperties;
  return found === undefined ? [] : grouped(found);
}

/**
 * Pairs for the encoder, which keeps the order of a list of objects, although its types know of one object only. It
 * writes nothing at all when it meets an empty one, so it gets none.
 */
export function outgoingPairs(pairs: readonly Pair[]): { readonly userProperties?: UserProperties } {
  if (pairs.length === 0) return {};
  const objects = pairs.map(([name, value]) => Object.assign(Object.create(null), { [name]: value }));
  return { userProperties: objects as unknown as UserProperties };
}
