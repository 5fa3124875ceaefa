import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { GROWTH, growthTo, KEEP_YOUNG, ROOM_OF_WORKERS, RoomRule } from '../../host/garbage.ts';

const MB = 1024 * 1024;
const GARBAGE = new URL('../../host/garbage.ts', import.meta.url).href;

const node = (...args: string[]) => execFileSync(process.execPath, args, { stdio: 'pipe', encoding: 'utf8' });

it.each([KEEP_YOUNG, ROOM_OF_WORKERS, `${GROWTH}1`])('V8 knows %s', (option) => {
  expect(() => node(option, '-e', '0')).not.toThrow();
  expect(() => node(option.replace('=', '-ever='), ...(option.includes('=') ? [] : ['--ever']), '-e', '0')).toThrow(
    /bad option/,
  );
});

const LOOKED_AT = 16;
const often = (used: number, times = LOOKED_AT) => Array.from({ length: times }, () => used);

/** What it says after each of the collections that leave so much, in MB. */
function verdicts(room: number, used: readonly number[]): readonly number[] {
  const rule = new RoomRule();
  return used.map((each) => rule.growth(each * MB, room * MB * 0.95)).filter((verdict) => verdict !== undefined);
}

it('room grows where much outlives a collection, and up to 8 MB anyway and at once', () => {
  expect(verdicts(4, often(0))).toEqual([2]);
  expect(verdicts(1, often(0))).toEqual([8]);
  expect(verdicts(8, [1, ...often(1)])).toEqual([1, 2]);
  expect(verdicts(8, [0.4, ...often(0.4)])).toEqual([1, 1]);
  expect([0.9, 0.95, 1].map((part) => growthTo(8 * MB, 2 * MB * part))).toEqual([4, 4, 4]);
});

it('what has grown to 8 MB does not grow on with the factor that has led there', () => {
  const rule = new RoomRule();
  const rooms = [1, 1, 8, 8];
  expect(rooms.map((room) => rule.growth(0.9 * MB, room * MB * 0.95))).toEqual([undefined, undefined, 1, undefined]);
});

it('what is garbage by the time it is looked at does not count, nor what was long ago', () => {
  expect(verdicts(16, [9, 9, 0.5, ...often(9, LOOKED_AT - 2)])).toEqual([1, 1]);
  expect(verdicts(16, [9, ...often(0.5), ...often(9)])).toEqual([1, 1, 2]);
});

/** The most room for young objects, in MB, in a process that makes some 800 MB of them, of which so many live at a time. */
function roomTaken(living: number, isLimited: boolean): number {
  const code = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { growWhereItHelps, keepMessagesYoung } from '${GARBAGE}';
    keepMessagesYoung();
    if (${isLimited}) growWhereItHelps();
    const living = Array.from({ length: ${living} });
    let [made, most] = [0, 0];
    const turn = () => {
      for (let count = 0; count < 500; count++) living[made++ % ${living}] = { made, of: [made, made] };
      const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
      most = Math.max(most, young.space_used_size + young.space_available_size);
      if (made < 8_000_000) setImmediate(turn);
      else console.log(most / ${MB});
    };
    turn();
  `;
  return Number(node('--input-type=module', '-e', code));
}

const [FEW, MANY] = [4_000, 60_000];

it('few survivors, as of a window of messages, take no more than they need', () => {
  expect(roomTaken(FEW, true)).toBeLessThanOrEqual(8);
  expect(roomTaken(FEW, false), 'it is V8 that grows').toBeGreaterThan(16);
}, 30_000);

it('many get the room that V8 gives them', () => {
  expect(roomTaken(MANY, true)).toBeGreaterThan(8);
}, 30_000);

it('a worker starts with the room that it is given', () => {
  const code = `
    import { Worker } from 'node:worker_threads';
    import { giveWorkersRoom } from '${GARBAGE}';
    giveWorkersRoom();
    const young = "process.getBuiltinModule('node:v8').getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')";
    new Worker(\`const young = \${young}; console.log(young.space_used_size + young.space_available_size)\`, {
      eval: true,
      resourceLimits: { maxYoungGenerationSizeMb: 32 },
    });
  `;
  expect(Math.round(Number(node('--input-type=module', '-e', code)) / MB)).toBe(4);
});
