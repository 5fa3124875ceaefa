import { expect, it } from 'vitest';
import { Holds } from '../../src/delivery/holds.ts';

it('holds intake back while there is any reason to, also from before the session', () => {
  const log: string[] = [];
  let subscriber: { pause(): void; resume(): void } | undefined;
  const holds = new Holds(() => subscriber);
  holds.apply();
  holds.add('journal');
  subscriber = { pause: () => log.push('pause'), resume: () => log.push('resume') };
  holds.apply();
  holds.add('broker');
  holds.add('broker');
  holds.remove('journal');
  holds.remove('unknown');
  expect(log).toEqual(['pause']);
  holds.remove('broker');
  holds.remove('broker');
  expect(log).toEqual(['pause', 'resume']);
});
