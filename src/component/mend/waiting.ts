import { count, parses } from './strip.ts';

/** The code of one import that may wait, and the number of what lowers it. */
const BODY =
  /const _trampoline(\d+) = async function\(([\w, ]*)\)(?:(?!_trampoline)[\s\S])*?\n\s*_trampoline\1\.fnName = [^\n]*\n\s*_trampoline\1\.manuallyAsync = true;/g;

/** What lowers import `number`, where it is for sure at `at`; without that wherever it is. */
export function lowering(number: string, at?: number): RegExp {
  const found = new RegExp(
    String.raw`(let trampoline${number} = )(_trampoline${number}\.manuallyAsync \? new WebAssembly\.Suspending\(_suspendingImport\((\d+), _lowerImportBackwardsCompat\.bind\(\s*null,\s*\{((?:(?!_lowerImport)[\s\S])*?)importFn: _trampoline${number},)`,
    at === undefined ? '' : 'y',
  );
  found.lastIndex = at ?? 0;
  return found;
}

const LOWERED = /\bisAsync: false,[\s\S]*\bhasResultPointer: true,\s*funcTypeIsAsync: false,/;
const ENTRY =
  /const hostProvided = true;(?:(?!await)[\s\S])*?const started = await task\.enter\(\{ isHost: hostProvided \}\);\s*if \(!started\) \{[\s\S]*?\n\s*\}\n/;
/** The call of the host, up to where it is known to have failed. */
const CALL =
  /try \{(\s*(?:const )?\w+ = await\s+)_withGlobalCurrentTaskMetaAsync\(\{\s*componentIdx: task\.componentIdx\(\),\s*taskID: task\.id\(\),\s*fn: \(\) => _trackHostOperation\(((?:(?!\btry\b|\bawait\b|\bcatch\b)[\s\S])*)(?=\} catch \(\w+\) \{)/;
const EXIT = /task\.resolve\(\[ret\]\);\s*task\.exit\(\);/;

/** What the changed code calls: the same checks as generated, and what other tasks of the instance rely on. */
const HELPERS = `
  const _callHost = ({ fn }) => fn();
  const _operation = (operation) => operation();
  function _waits(componentIdx) {
    STORE_ASYNC_STATE.pendingHostOperations++;
    return CURRENT_TASK_META[componentIdx];
  }
  function _waited(componentIdx, saved) {
    STORE_ASYNC_STATE.pendingHostOperations--;
    CURRENT_TASK_META[componentIdx] = CURRENT_TASK_META.current = saved;
    _wakeSuspended();
  }
  function _checkMayWait(componentIdx) {
    _checkMayLeave(componentIdx);
    const meta = CURRENT_TASK_META[componentIdx];
    if (!meta || !getCurrentTask(componentIdx, meta.taskID)?.task.mayBlock()) {
      throw new WebAssemblyRuntimeError('cannot block a synchronous task before returning');
    }
  }
`;

/** The body of an import as it is to be; undefined where its code is not as known. */
function leanBody(body: string, component: string): string | undefined {
  if (!ENTRY.test(body) || !CALL.test(body) || !EXIT.test(body)) return undefined;
  const lean = body
    .replace(ENTRY, '')
    .replace(
      CALL,
      `const _saved = _waits(${component});
try {
try {$1_callHost({ fn: () => _operation($2} finally {
_waited(${component}, _saved);
}
`,
    )
    .replace(EXIT, '');
  // Resources that are lent, or a way out that is not known.
  return /\b(?:sub|parent)?task\b/i.test(lean) ? undefined : lean;
}

function leanImports(code: string): string {
  // Of `mendStreams`.
  if (!code.includes('function _wakeSuspended()')) return code;
  let text = code;
  for (const [body, number = '', parameters = ''] of code.matchAll(BODY)) {
    const [whole, head = '', rest = '', component = '', settings = ''] = lowering(number).exec(text) ?? [];
    const lean = whole !== undefined && LOWERED.test(settings) ? leanBody(body, component) : undefined;
    if (whole === undefined || lean === undefined) continue;
    const call = `(${parameters}) => {\n_checkMayWait(${component});\nreturn _trampoline${number}(${parameters});\n}`;
    text = text
      .replace(whole, () => `${head}true ? new WebAssembly.Suspending(${call}) : ${rest}`)
      .replace(body, () => lean);
  }
  return text === code ? code : text.replace(/\n\s*function _trackHostOperation\(/, (start) => HELPERS + start);
}

/** What a handler is called by; not the functions for memory, whose names end in `Async`. */
const PROMISING = /^(\s*\w+(?<!Async) = )WebAssembly\.promising\(/gm;

/**
 * Makes waiting for imports of the host cheap in a component that has nothing of component-model async in its types.
 *
 * An import that the guest lowers synchronously, and whose result it is handed in memory, needs no task and subtask of its
 * own, no loops that look for others to go on with, and no timer that looks for a deadlock: nothing but the guest's own
 * stack waits. All that cost ten times as much as suspending it. And the handler is called by what `instantiateCore` has
 * as `promising`, if it has it.
 *
 * What is not as known is left as it was, and so is code that would not parse afterwards.
 */
export function mendWaiting(code: string): string {
  const mended = leanImports(code).replace(PROMISING, '$1(instantiateCore.promising ?? WebAssembly.promising)(');
  return mended === code || parses(mended) ? mended : code;
}

/** Imports of mended code that wait without a task of their own, and its exports that are called by `promising`; for a test. */
export function mendedWaits(code: string): { readonly imports: number; readonly exports: number } {
  return {
    imports: count(code, 'true ? new WebAssembly.Suspending(('),
    exports: count(code, '(instantiateCore.promising ?? '),
  };
}
