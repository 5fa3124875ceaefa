import { counted, type ListedDeadLetter, type MessageProperties, type PubsubEvent } from '../src/cli.ts';
import { printableLine, printableText } from './printable.ts';

const PARKED =
  'yes: the connection was lost each time it was sent, so it may have been delivered, and the broker may hold its ' +
  'first half; "host dlq replay" sends it under the same packet id with DUP, on the same session';

/** Characters of base64 on a line [RFC 2045]. */
const BASE64_LINE = /.{1,76}/g;

type Field = readonly [name: string, value: string];

function fields(indent: string, all: readonly Field[]): string[] {
  const width = Math.max(...all.map(([name]) => printableLine(name).length));
  return all.map(([name, value]) => `${indent}${printableLine(name).padEnd(width)}  ${printableLine(value)}`);
}

function section(title: string, all: readonly Field[]): string[] {
  return all.length === 0 ? [] : [`  ${title}`, ...fields('    ', all)];
}

function bytesText(bytes: Uint8Array): string {
  const text = printableText(bytes);
  if (text !== undefined) return text;
  return `${Buffer.from(bytes).toString('base64')} (base64 of ${counted(bytes.length, 'byte')})`;
}

function eventFields({ id, source, type, attributes = {} }: PubsubEvent): Field[] {
  const others = Object.entries(attributes).map(([name, value]): Field => [name, String(value)]);
  return [['id', id], ['source', source], ['type', type], ...others];
}

function propertyFields(properties: MessageProperties): Field[] {
  const { contentType, responseTopic, correlationData, expiry, userProperties } = properties;
  const all: (readonly [string, string | undefined])[] = [
    ['content type', contentType],
    ['response topic', responseTopic],
    ['correlation data', correlationData === undefined ? undefined : bytesText(correlationData)],
    ['message expiry', expiry === undefined ? undefined : counted(expiry, 'second')],
    ...userProperties.map(([name, value]) => ['user property', `${name}: ${value}`] as const),
  ];
  return all.filter((field): field is Field => field[1] !== undefined);
}

function dataLines(data: Uint8Array): string[] {
  if (data.length === 0) return ['  data: none'];
  const size = counted(data.length, 'byte');
  const text = printableText(data);
  const lines = text?.replace(/\n$/, '').split('\n') ?? Buffer.from(data).toString('base64').match(BASE64_LINE) ?? [];
  const title = text === undefined ? `  data (${size}, not printable text: shown as base64)` : `  data (${size})`;
  return [title, ...lines.map((line) => (line === '' ? '' : `    ${line}`))];
}

function head({ id, kind, binding, publisher }: ListedDeadLetter): string {
  if (kind === 'message') return `dead letter ${id}: a message for binding "${binding}"`;
  return `dead letter ${id}: a publish of binding "${binding}", through publisher session "${publisher}"`;
}

/** Everything about a dead letter, for a person; nothing in it can forge a line or drive the terminal. */
export function letterText(letter: ListedDeadLetter): string {
  const { topic, qos, error, attempts, firstAt, deadAt, parked, event, properties } = letter;
  const facts: Field[] = [
    ['topic', topic],
    ['qos', String(qos)],
    ['error', error],
    ['attempts', String(attempts)],
    ['first tried', new Date(firstAt).toISOString()],
    ['died', new Date(deadAt).toISOString()],
    ...(parked ? [['parked', PARKED] as const] : []),
  ];
  const lines = [
    printableLine(head(letter)),
    ...fields('  ', facts),
    ...section('event', eventFields(event)),
    ...section('MQTT properties', propertyFields(properties)),
    ...dataLines(event.data),
  ];
  return `${lines.join('\n')}\n`;
}
