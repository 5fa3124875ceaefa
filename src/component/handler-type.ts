import type { FunctionType, ValueType } from './binary/types.ts';

const EVENT = [
  ['id', 'string'],
  ['source', 'string'],
  ['type', 'string'],
] as const;

const ERRORS = [
  ['timeout', false],
  ['connection', true],
  ['permission-denied', true],
  ['invalid-argument', true],
  ['rejected', true],
  ['other', true],
] as const;

function isPrimitive(type: ValueType | undefined, name: string): boolean {
  return type?.kind === 'primitive' && type.name === name;
}

/** `wasi:pubsub/types.event`, by its structure: the component model knows no other identity of records. */
function isEvent(type: ValueType | undefined): boolean {
  if (type?.kind !== 'record' || type.fields.length !== EVENT.length + 1) return false;
  if (!EVENT.every(([name, of], i) => type.fields[i]?.name === name && isPrimitive(type.fields[i]?.type, of)))
    return false;
  const data = type.fields[EVENT.length];
  return (
    data?.name === 'data' &&
    data.type.kind === 'applied' &&
    data.type.word === 'list' &&
    data.type.length === undefined &&
    isPrimitive(data.type.of[0], 'u8')
  );
}

/** `wasi:pubsub/types.error`, case for case. */
function isPubsubError(type: ValueType | undefined): boolean {
  if (type?.kind !== 'variant' || type.cases.length !== ERRORS.length) return false;
  return ERRORS.every(([name, text], i) => {
    const found = type.cases[i];
    return found?.name === name && (text ? isPrimitive(found.type, 'string') : found.type === undefined);
  });
}

/** Whether a function is `func(message: event) -> result<_, error>`; `async func` counts as the same type. */
export function isHandlerType({ params, result }: FunctionType): boolean {
  if (params.length !== 1 || !isEvent(params[0]?.type)) return false;
  if (result?.kind !== 'applied' || result.word !== 'result') return false;
  return result.of[0] === undefined && isPubsubError(result.of[1]);
}
