import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { protocolLabel } from '../support/broker-sessions.ts';
import { describeWithBroker, type RunningBroker, startBrokerUnderTest } from '../support/brokers.ts';
import { cases, modes, plain } from './scenarios.ts';
import { survives } from './survival.ts';

describe('the failpoints of the code', () => {
  it('are each come by in a test', () => {
    const src = fileURLToPath(new URL('../../src', import.meta.url));
    const files = globSync('**/*.ts', { cwd: src }).map((file) => readFileSync(`${src}/${file}`, 'utf8'));
    const inCode = files.flatMap((text) => [...text.matchAll(/\bfailpoint\('([^']+)'\)/g)].map(([, name]) => name));
    expect([...new Set(inCode)].toSorted()).toEqual(cases.map(({ failpoint }) => failpoint).toSorted());
  });
});

describeWithBroker('kill -9 at a failpoint', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startBrokerUnderTest();
  });

  for (const protocol of [5, 4] as const) {
    describe(protocolLabel(protocol), () => {
      for (const { failpoint, kills, scenario, modes, remembersAttempts } of cases) {
        it.each(modes)(`${failpoint}, $label`, async (mode) => {
          // Where repeats are allowed a second kill has little to show.
          const deaths = mode.qos === 2 || failpoint.startsWith('connect.') ? kills : kills.slice(0, 1);
          const { hosts } = await survives({ url: broker.url, scenario, mode, protocol, kills: deaths });
          if (remembersAttempts !== true) return;
          for (const [index, host] of hosts.slice(1).entries())
            expect(host.stderr()).not.toMatch(new RegExp(`attempt [1-${index + 1}] of`));
        });
      }

      it.each(modes)('at its very first connections, $label', async (mode) => {
        const before = ['connect.doubted', 'connect.cleared', 'connect.doubted'];
        await survives({ url: broker.url, scenario: plain, mode, protocol, before, kills: ['in.handled:9'] });
      });
    });
  }
});
