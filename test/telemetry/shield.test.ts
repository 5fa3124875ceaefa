import { expect, it } from 'vitest';
import type { HostStatus, Telemetry } from '../../src/status.ts';
import { shield } from '../../src/telemetry/index.ts';

const status: HostStatus = { kind: 'draining', reason: 'r' };

function shielded(telemetry: Telemetry) {
  const broken: string[] = [];
  return { telemetry: shield(telemetry, (text) => broken.push(text)), broken };
}

it('passes everything on', () => {
  const told: HostStatus[] = [];
  const { telemetry, broken } = shielded({ report: (each) => told.push(each), wants: (level) => level === 'info' });
  telemetry.report(status);
  expect(told).toEqual([status]);
  expect([telemetry.wants('info'), telemetry.wants('debug')]).toEqual([true, false]);
  expect(broken).toEqual([]);
});

it.each(['report', 'wants'] as const)('calls nothing after %s threw, and tells once', (what) => {
  const calls: string[] = [];
  const call = (name: string) => {
    calls.push(name);
    if (name === what) throw new Error(`no ${name}`);
  };
  const { telemetry, broken } = shielded({
    report: () => call('report'),
    wants: () => {
      call('wants');
      return true;
    },
  });
  const use = () => [telemetry.report(status), telemetry.wants('info')];
  for (let i = 0; i < 3; i++) use();
  expect(use()).toEqual([undefined, false]);
  expect(calls.filter((name) => name === what)).toHaveLength(1);
  expect(broken).toEqual([`no ${what}`]);
});
