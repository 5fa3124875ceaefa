import { count, parses } from './strip.ts';
import { lowering } from './waiting.ts';

/** The code of one import that does not wait, and the number of what lowers it. */
const BODY =
  /const _trampoline(\d+) = function\([\w, ]*\) \{(?:(?!_trampoline)[\s\S])*?\n\s*\}\n\s*_trampoline\1\.fnName = [^\n]*\n(?!\s*_trampoline\1\.manuallyAsync)/g;

const LOWERED = /\bisAsync: false,[\s\S]*\bfuncTypeIsAsync: false,/;
/** The guest is returned nothing, or finds it in memory. */
const NO_RESULT = /\bresultLowerFns: \[\s*\],|\bhasResultPointer: true,/;
const HEAD = /^const _trampoline\d+ = function\([\w, ]*\) \{/;
const ENTRY =
  /const hostProvided = true;(?:(?!await)[\s\S])*?createNewCurrentTask\(\{\s*componentIdx: -1,\s*isAsync: false,(?:(?!await)[\s\S])*?const started = task\.enterSync\(\);/;
const CALL =
  /_withGlobalCurrentTaskMeta\(\{\s*componentIdx: task\.componentIdx\(\),\s*taskID: task\.id\(\),\s*fn: \(\) => _trackHostOperation\(/;
const FAILED =
  /(\.markTrapped\(err\);\s*)task\.setErrored\(err\);\s*task\.reject\(err\);\s*task\.exit\(\);(\s*throw err;)/;
/** What is returned is what the task was resolved with. */
const EXIT = /task\.resolve\(\[([^\n]*)\]\);\s*task\.exit\(\);\s*(return \1;\s*)?(?=\}\n)/;

/** What the changed code calls. A guest that goes on in spite of what an import threw has failed all the same. */
const HELPERS = `
  function _callSync({ fn }) { return fn(); }
  function _failCall(componentIdx, err) {
    const meta = CURRENT_TASK_META[componentIdx];
    if (meta) getCurrentTask(componentIdx, meta.taskID)?.task.reject(err);
  }
`;

/** The body of an import as it is to be; undefined where its code is not as known. */
function leanBody(body: string, component: string, settings: string): string | undefined {
  if (!LOWERED.test(settings) || !settings.includes(`componentIdx: ${component},`)) return undefined;
  if (![HEAD, ENTRY, CALL].every((known) => known.test(body))) return undefined;
  const exit = EXIT.exec(body);
  if (exit === null || (exit[2] === undefined) !== NO_RESULT.test(settings)) return undefined;
  const lean = body
    .replace(HEAD, (head) => `${head}\n_checkMayLeave(${component});`)
    .replace(ENTRY, '')
    .replace(CALL, '_callSync({ fn: () => _trackHostOperation(')
    .replace(FAILED, `$1_failCall(${component}, err);$2`)
    .replace(EXIT, '$2');
  // A way out that is not known.
  return /\b(?:sub|parent)?task\b/i.test(lean) ? undefined : lean;
}

interface Edit {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** Where each import is lowered, by its number. To look for one after another would take minutes where there are many. */
function loweringsOf(code: string): ReadonlyMap<string, number> {
  return new Map(
    Array.from(code.matchAll(/\blet trampoline(\d+) = /g), ({ 1: number = '', index }) => [number, index]),
  );
}

function editsOf(code: string): Edit[] {
  const lowerings = loweringsOf(code);
  return [...code.matchAll(BODY)].flatMap(({ 0: body, 1: number = '', index }): Edit[] => {
    const at = lowerings.get(number) ?? 0;
    const found = at < index ? null : lowering(number, at).exec(code);
    if (found === null) return [];
    const [from, head = '', rest = '', component = '', settings = ''] = found;
    const lean = leanBody(body, component, settings);
    if (lean === undefined) return [];
    const to = `${head}true ? _trampoline${number} : ${rest}`;
    return [
      { at: index, from: body, to: lean },
      { at: found.index, from, to },
    ];
  });
}

function applied(code: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const { at, from, to } of edits.toSorted((a, b) => a.at - b.at)) {
    parts.push(code.slice(end, at), to);
    end = at + from.length;
  }
  return [...parts, code.slice(end)].join('');
}

/**
 * Makes imports cheap that do not wait, in a component that has nothing of component-model async in its types: they need
 * no task and no subtask of their own, with five promises, which cost more than what they carry.
 *
 * What is not as known is left as it was, and so is code that would not parse afterwards.
 */
export function mendSyncImports(code: string): string {
  const edits = editsOf(code);
  if (edits.length === 0) return code;
  const lean = applied(code, edits).replace(/\n\s*function _trackHostOperation\(/, (start) => HELPERS + start);
  return lean.includes(HELPERS) && parses(lean) ? lean : code;
}

/** Imports of mended code that do not wait and have no task of their own; for a test. */
export function mendedSyncImports(code: string): number {
  return count(code, / = true \? _trampoline\d+ : /);
}
