import { constants, type PerformanceEntry, type PerformanceNodeEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * V8 puts what code makes straight among old objects once most of it has outlived a young collection, as messages do that
 * wait in a window of 1,000. There each keeps what was made for it until the next full collection.
 */
export const KEEP_YOUNG = '--no-allocation-site-pretenuring';
/** In MB. Of workers that start from now on, which would otherwise have to grow to what they need. */
export const ROOM_OF_WORKERS = '--min-semi-space-size=4';
/** By how much the room of young objects grows when it does; 2 is V8's own. */
export const GROWTH = '--semi-space-growth-factor=';

const MB = 1024 * 1024;
/** So much is had without question, and at once: what grows step by step goes on growing for seconds under load. */
const SMALL = 8 * MB;
/** What V8 keeps of each page for itself is less than this part of it. */
const KEPT = 1 / 8;
/** Of the room: where less outlives a collection, one of twice the size saves nothing that could be measured. */
const WORTH_ROOM = 1 / 16;
const LOOKED_AT = 16;

/**
 * Says when more room for young objects is worth its memory. V8 gives more whenever the survivors of all collections add
 * up to the room there is, so sooner or later under any load, up to 64 MB.
 */
export class RoomRule {
  #isSmall = true;
  #seen = 0;
  #least = 1;

  /** To be asked after each collection: by how much the room may grow; undefined where it is as before. */
  growth(used: number, room: number): number | undefined {
    const wasSmall = this.#isSmall;
    this.#isSmall = room < SMALL * (1 - KEPT);
    // At once: with the factor that has led there it would grow to all that V8 has for it.
    if (wasSmall && !this.#isSmall) return this.#judged(1);
    // The least of some, for the turn that was under way has made garbage again when one is asked.
    this.#least = Math.min(this.#least, used / room);
    if (++this.#seen < LOOKED_AT) return undefined;
    if (this.#isSmall) return this.#judged(growthTo(SMALL, room));
    return this.#judged(this.#least > WORTH_ROOM ? 2 : 1);
  }

  #judged(growth: number): number {
    [this.#seen, this.#least] = [0, 1];
    return growth;
  }
}

/** The whole number that takes a room, which is a power of two but for what V8 keeps of it, to a larger one. */
export function growthTo(wanted: number, room: number): number {
  return Math.max(2, Math.floor(wanted / room));
}

/** For the whole process, so for that of the command line alone, and before its first worker. */
export function giveWorkersRoom(): void {
  setFlagsFromString(ROOM_OF_WORKERS);
}

/** For the whole process, so for that of the command line alone. */
export function keepMessagesYoung(): void {
  setFlagsFromString(KEEP_YOUNG);
}

function isYoung(entry: PerformanceEntry): boolean {
  const { detail } = entry as PerformanceNodeEntry;
  return (detail as { readonly kind: number }).kind === constants.NODE_PERFORMANCE_GC_MINOR;
}

function roomNow(): { readonly used: number; readonly room: number } | undefined {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  if (young === undefined) return undefined;
  return { used: young.space_used_size, room: young.space_used_size + young.space_available_size };
}

/** From now on; what V8 reads is the process's, so this thread's survivors decide for workers, too. */
export function growWhereItHelps(): void {
  const rule = new RoomRule();
  let growth = growthTo(SMALL, roomNow()?.room ?? SMALL);
  setFlagsFromString(GROWTH + growth);
  new PerformanceObserver((list) => {
    // A full one leaves nothing young.
    if (!list.getEntries().every(isYoung)) return;
    const now = roomNow();
    if (now === undefined) return;
    const next = rule.growth(now.used, now.room);
    if (next === undefined || next === growth) return;
    growth = next;
    setFlagsFromString(GROWTH + growth);
  }).observe({ entryTypes: ['gc'] });
}
