import { withKeptTasks } from './kept-task.ts';
import { count, parses } from './strip.ts';

/** A function that calls an export. */
const EXPORT =
  /^([ \t]*)(?:async )?function [\w$]+\([^()\n]*\) \{\s*const hostProvided = false;\s*getOrCreateAsyncState\(\d+\)\.throwIfTrapped\(\);[\s\S]*?\n\1\}\n/gm;

/** `KEPT` is where the function keeps its task. */
type Step = readonly [from: RegExp, to: string];

/** The steps of a call in their order, and what they become. */
interface Call {
  readonly steps: readonly Step[];
  /** How often it mentions its task then: a function with more of that does something that is not known. */
  readonly mentions: number;
}

const META = String.raw`\(\{\s*taskID: task\.id\(\),\s*componentIdx: task\.componentIdx\(\),\s*fn: `;
const TRAP = String.raw`(\.markTrapped\(err\);\s*task\.setErrored\(err\);\s*task\.reject\(err\);\s*)task\.exit\(\);\s*`;
const END = String.raw`(\} catch \(err\) \{\s*if \(!task\.isResolvedState\(\)\) \{\s*task\.setErrored\(err\);\s*task\.reject\(err\);\s*\}\s*if \(!task\.isExited\(\)\) \{ task\.exit\(\{ skipExclusiveLockCheck: true \}\); \}\s*throw err;\s*\})\s*\},\s*\}\);(\s*\}\n)$`;

const begun = (waits: boolean, enter: string): readonly Step[] => [
  [
    /getOrCreateAsyncState\((\d+)\)\.throwIfTrapped\(\);/,
    'const _callState = getOrCreateAsyncState($1);\n_callState.throwIfTrapped();',
  ],
  [
    new RegExp(
      String.raw`const \[task, _wasm_call_currentTaskID\] = (createNewCurrentTask\(\{\s*componentIdx: \d+,\s*isAsync: false,\s*isManualAsync: ${waits},\s*preserveFutureResult: false,\s*entryFnName: '[^'\n]*',\s*getCallbackFn: \(\) => null,\s*callbackFnName: null,\s*errHandling: '[\w-]+',\s*callingWasmExport: true,\s*\}\));\s*(task\.setCalleeIsAsync\(false\);\s*const started = ${enter})`,
    ),
    'let task = _keptTask(KEPT, _callState);\nif (task === null) {\n[task] = $1;\n$2\n}',
  ],
];

/** The call of the guest runs as the task that lowering its parameters does. */
const called: readonly Step[] = [
  [new RegExp(String.raw`_withGlobalCurrentTaskMeta${META}\(\) => ([\w$]+\([^()]*\)),\s*\}\)`), '$1'],
];

const ended: readonly Step[] = [
  [/task\.resolve\((\[[\w$.]*\])\);/, 'if (!task.returned()) task.resolve($1);'],
  [
    /(if \(!task\.returned\(\)\)[^\n]*\n(?:(?!task\.)[\s\S])*)task\.exit\(\);/,
    '$1if (!task.left(_callState)) task.exit();\ntask.keep(KEPT);',
  ],
];

const CURRENT = 'CURRENT_TASK_META.current = CURRENT_TASK_META[task.componentIdx()] = task.meta();';

const PLAIN: Call = {
  mentions: 25,
  steps: [
    ...begun(false, String.raw`task\.enterSync\(\);`),
    [
      new RegExp(String.raw`return _withGlobalCurrentTaskMeta${META}\(\) => \{(?=\s*try \{)`),
      `const _previous = CURRENT_TASK_META[task.componentIdx()] ?? null;
const _previousCurrent = CURRENT_TASK_META.current ?? null;
try {
${CURRENT}`,
    ],
    ...called,
    [new RegExp(`${TRAP}throw err;`), '$1task.exit();\nthrow err;'],
    ...ended,
    [
      new RegExp(END),
      `$1
} finally {
CURRENT_TASK_META[task.componentIdx()] = _previous;
CURRENT_TASK_META.current = _previousCurrent;
}$2`,
    ],
  ],
};

/** The same of one that may have to wait. The promise of a task that is used again was settled by its first call. */
const WAITING: Call = {
  mentions: 27,
  steps: [
    ...begun(true, String.raw`await task\.enter\(\);\s*if \(!started\) \{[^{}]*\}`),
    [
      new RegExp(String.raw`return await _withGlobalCurrentTaskMetaAsync${META}async \(\) => \{(?=\s*try \{)`),
      `try {\n${CURRENT}`,
    ],
    ...called,
    [new RegExp(String.raw`${TRAP}return task\.completionPromise\(\);`), '$1task.exit();\nthrow task.isErrored();'],
    ...ended,
    [
      new RegExp(END),
      `$1
} finally {
CURRENT_TASK_META[task.componentIdx()] = null;
if (CURRENT_TASK_META.current?.taskID === task.id()) CURRENT_TASK_META.current = null;
}$2`,
    ],
  ],
};

/** Undefined where its code is not as known. */
function mendCall(code: string, { steps, mentions }: Call, kept: string): string | undefined {
  let text = code;
  for (const [from, to] of steps) {
    if (!from.test(text)) return undefined;
    text = text.replace(from, to.replaceAll('KEPT', kept));
  }
  return text.match(/\btask\b/g)?.length === mentions ? text : undefined;
}

const FLAGS = /const (instanceFlags\d+) = new WebAssembly\.Global\(\{ value: "i32", mutable: true \}, 1\);/g;
const MAY_BLOCK =
  /(const CURRENT_TASK_MAY_BLOCK) ?= globalThis\.WebAssembly \? new globalThis\.WebAssembly\.Global\(\{ value: 'i32', mutable: true \}, 0\) : false;/;

/** Globals that no core module is given are plain objects. */
function mendGlobals(code: string): string {
  const mentions = new Map<string, number>();
  for (const [name] of code.matchAll(/\binstanceFlags\d+\b/g)) mentions.set(name, (mentions.get(name) ?? 0) + 1);
  const flags = code.replaceAll(FLAGS, (whole, name: string) =>
    mentions.get(name) === 2 ? `const ${name} = { value: 1 };` : whole,
  );
  const given = flags.replace(MAY_BLOCK, '').search(/\bCURRENT_TASK_MAY_BLOCK\b(?!\.value\b)/) >= 0;
  return given ? flags : flags.replace(MAY_BLOCK, '$1 = { value: 0 };');
}

/**
 * Makes calls of exports cheap that are lifted synchronously, in a component that has nothing of component-model async in
 * its types. As generated each call makes a task, with promises, closures and a number of its own: half of what a
 * trivial call costs. Here a task that nothing is left of is kept for the next call of the function; another call, while
 * that one runs, makes its own, and so does the one after a call that failed.
 *
 * What is not as known is left as it was, and so is code that would not parse afterwards.
 */
export function mendExports(code: string): string {
  const able = withKeptTasks(code);
  if (able === undefined) return code;
  let count = 0;
  const lean = able.replace(EXPORT, (whole) => {
    const kept = `_kept${count}`;
    const mended = mendCall(whole, PLAIN, kept) ?? mendCall(whole, WAITING, kept);
    if (mended === undefined) return whole;
    count++;
    return `const ${kept} = { task: null };\n${mended}`;
  });
  if (count === 0) return code;
  const mended = mendGlobals(lean);
  return parses(mended) ? mended : code;
}

/** How many exports of mended code keep a task, and how many globals are plain objects; for a test. */
export function mendedExports(code: string): { readonly exports: number; readonly globals: number } {
  return {
    exports: count(code, '{ task: null };'),
    globals: code.match(/const (?:instanceFlags\d+|CURRENT_TASK_MAY_BLOCK) = \{ value: \d \};/g)?.length ?? 0,
  };
}
