import { createHash } from 'node:crypto';
import { count, parses, skipBalanced } from './strip.ts';

/** A class that `instantiate` makes for each instance. */
interface Known {
  readonly name: string;
  readonly parameter: string;
  /** What it uses of `instantiate`, as it is handed it: state of the instance, and functions that use that. */
  readonly scope: string;
  /** SHA-256 of its code, for nothing but reading that tells what it uses. */
  readonly digest: string;
}

const KNOWN: readonly Known[] = [
  {
    name: 'ComponentAsyncState',
    parameter: 'args',
    scope:
      'INSTANCE_FLAGS, STORE_TRAP, _checkForDeadlock, _normalizeCoreTrap, WebAssemblyRuntimeError, RepTable, Waitable',
    digest: '1f5c2f4f6f0e464386e8fcc4e58cc1d5e27d24bf46e5f3ee8cc24e8334beffd5',
  },
  {
    name: 'AsyncTask',
    parameter: 'opts',
    scope:
      'RESOURCE_SCOPE_ID: 0, RESOURCE_SCOPE_TASKS, ASYNC_TASKS_BY_COMPONENT_IDX, ASYNC_CURRENT_TASK_IDS, ASYNC_CURRENT_COMPONENT_IDXS, getOrCreateAsyncState, clearCurrentTask, _withGlobalCurrentTaskMeta, _withGlobalCurrentTaskMetaAsync, ASYNC_EVENT_CODE, ASYNC_DETERMINISM, _coinFlip, WebAssemblyRuntimeError, FutureValue, AsyncSubtask, Waitable',
    digest: '4d73bd58c97b8d371094390fc10cddd3a8a5dfdd2ffecb8e1f1f616eadc4fd36',
  },
];

const START = 'export function instantiate(';
const COUNTER = /\n\s*let RESOURCE_SCOPE_ID = 0;/g;

/** The code of a class; undefined where there is not one, or it is not as known. */
function classOf(code: string, { name, digest }: Known): string | undefined {
  const head = `class ${name} {`;
  if (count(code, head) !== 1 || count(code, `new ${name}(`) !== 1) return undefined;
  const start = code.indexOf(head);
  const text = code.slice(start, skipBalanced(code, start + head.length - 1));
  return createHash('sha256').update(text).digest('hex') === digest ? text : undefined;
}

/** Whether all that a class uses is there when it is made: else nothing could be instantiated. */
function hasScope(before: string, { scope }: Known): boolean {
  return scope
    .split(', ')
    .filter((entry) => !entry.includes(':'))
    .every((name) => new RegExp(String.raw`\b(?:class|const|let|function\*?)\s+${name}\b`).test(before));
}

/** The class as it stands for all instances, whose objects are told what they are part of. */
function shared(text: string, { name, parameter, scope }: Known): string {
  const names = scope.split(', ').map((entry) => entry.split(':', 1)[0]);
  const used = new RegExp(String.raw`(?<![.#\w$])(?:${names.join('|')})\b`, 'g');
  return text
    .replace(`class ${name} {`, (head) => `${head}\n#scope;`)
    .replace(`constructor(${parameter}) {`, `constructor(scope, ${parameter}) {\nthis.#scope = scope;`)
    .replace(used, 'this.#scope.$&')
    .replaceAll(/\bpromiseWithResolvers\(\)/g, 'Promise.withResolvers()');
}

/**
 * Makes classes once for all instances, which `instantiate` makes for each: V8 looks for what objects of more than four
 * classes have in a slow way, although all look alike.
 *
 * Where one is not as known all are left as they were, and so is code that would not parse afterwards.
 */
export function mendClasses(code: string): string {
  if (count(code, START) !== 1 || count(code, COUNTER) !== 1 || count(code, /\bRESOURCE_SCOPE_ID\b/) !== 2) return code;
  let [text, classes] = [code.replace(COUNTER, ''), ''];
  for (const known of KNOWN) {
    const { name, scope } = known;
    const found = classOf(text, known);
    if (found === undefined || !hasScope(text.slice(0, text.indexOf(found)), known)) return code;
    classes += `${shared(found, known)}\n`;
    const made = `const _scopeOf${name} = { ${scope} };`;
    text = text.replace(found, () => made).replace(`new ${name}(`, `new ${name}(_scopeOf${name}, `);
  }
  const mended = text.replace(START, () => classes + START);
  return parses(mended) ? mended : code;
}

/** How many classes of mended code are made once for all instances; for a test. */
export function mendedClasses(code: string): number {
  return KNOWN.filter(({ name }) => code.indexOf(`class ${name} {`) < code.indexOf(START)).length;
}
