import { count } from './strip.ts';

/**
 * The fields of a task as jco generates it. Where there are others, a task that is used again might carry something from
 * one call to the next.
 */
const FIELDS =
  '#id #componentIdx #state #isAsync #isManualAsync #callingWasmExport #lockFreeEntry #preserveFutureResult #entryFnName #onResolveHandlers #progressWaiters #completionPromise #completionValue #completionReady #settleCompletionPromise #rejected #exitPromise #onExitHandlers #memoryIdx #memory #callbackFn #callbackFnName #postReturnFn #getCalleeParamsFn #calleeIsAsync #stringEncoding #parentSubtask #errHandling #backpressurePromise #backpressureWaiters #returnLowerFns #resourceScopeId #resourceBorrowCount #resourceLenders #resourceScopeExited #subtasks #entered #exited #errored cancelled cancelRequested alwaysTaskReturn returnCalls storage tmpRetI64HighBits';

/** What a task has more: `returned` and `left` do what `resolve` and `exit` do, or say that those have to. */
const TASK = `#meta = null;
      #entry = null;
      meta() { return this.#meta ??= { taskID: this.#id, componentIdx: this.#componentIdx }; }
      #isPlain() {
        return this.#errored === null && !this.#rejected && !this.cancelled && !this.cancelRequested
          && !this.#lockFreeEntry && this.#resourceBorrowCount === 0 && this.#resourceLenders.length === 0
          && this.#subtasks.length === 0 && this.#onResolveHandlers.length === 0 && this.#onExitHandlers.length === 1
          && this.#progressWaiters.length === 0 && this.#parentSubtask === null && this.#postReturnFn === null
          && this.#returnLowerFns === null && !this.alwaysTaskReturn;
      }
      keep(kept) {
        if (kept.task !== null || !this.#exited || !this.#isPlain()) return;
        if (ASYNC_TASKS_BY_COMPONENT_IDX.get(this.#componentIdx)?.length !== 0) return;
        this.#entry ??= { id: this.#id, componentIdx: this.#componentIdx, task: this };
        if (this.#resourceScopeExited) {
          this.#resourceScopeExited = false;
          RESOURCE_SCOPE_TASKS.set(this.#resourceScopeId, this);
        }
        kept.task = this;
      }
      again(state) {
        state.exclusiveLock(this.#id);
        this.#state = AsyncTask.State.INITIAL;
        this.#exited = false;
        this.#memoryIdx = this.#memory = null;
        this.returnCalls = this.tmpRetI64HighBits = this.storage[0] = this.storage[1] = 0;
        ASYNC_CURRENT_TASK_IDS.push(this.#id);
        ASYNC_CURRENT_COMPONENT_IDXS.push(this.#componentIdx);
        ASYNC_TASKS_BY_COMPONENT_IDX.get(this.#componentIdx).push(this.#entry);
      }
      returned() {
        if (this.#entry === null || this.#resourceScopeExited) return false;
        if (this.#state !== AsyncTask.State.INITIAL || !this.#isPlain()) return false;
        this.#state = AsyncTask.State.RESOLVED;
        return true;
      }
      left(state) {
        if (this.#entry === null || this.#resourceScopeExited || this.#exited) return false;
        if (this.#state !== AsyncTask.State.RESOLVED || !this.#isPlain() || !state.releaseAtEnd(this.#id)) return false;
        this.#exited = true;
        clearCurrentTask(this.#componentIdx, this.#id);
        return true;
      }
      `;

const STATE = `releaseAtEnd(taskID) {
        if (this.#lockHolderTaskID !== taskID) return false;
        if (this.#lockWaiters.length + this.#onExclusiveReleaseHandlers.length > 0) return false;
        this.#lockHolderTaskID = null;
        return true;
      }
      `;

const TAKE = `function _keptTask(kept, state) {
    const { task } = kept;
    if (task === null || state.isExclusivelyLocked()) return null;
    kept.task = null;
    task.again(state);
    return task;
  }
  `;

/** In front of what the code stands, once. */
const PLACES: readonly (readonly [string, string])[] = [
  ['completionPromise() { return this.#completionPromise; }', TASK],
  ['onNextExclusiveRelease(fn) {', STATE],
  ['function createNewCurrentTask(args) {', TAKE],
];

function fieldsOf(code: string): string {
  const [, fields = ''] = /\n\s*class AsyncTask \{([\s\S]*?)\n\s*constructor\(opts\) \{/.exec(code) ?? [];
  const names = fields.matchAll(/^\s*(?!static\b)(#?\w+)(?: += [^\n]*)?;/gm);
  return [...names].map(([, name]) => name).join(' ');
}

/** Generated code whose tasks can be kept from call to call; undefined where it is not as known. */
export function withKeptTasks(code: string): string | undefined {
  if (fieldsOf(code) !== FIELDS) return undefined;
  if (PLACES.some(([place]) => count(code, place) !== 1)) return undefined;
  return PLACES.reduce((text, [place, added]) => text.replace(place, () => added + place), code);
}
