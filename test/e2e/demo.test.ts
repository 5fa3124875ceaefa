import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { atEnd } from '../support/cleanup.ts';
import { spawnProcess } from '../support/process.ts';

it('npm start shows readings, messages being handled and alerts, until Ctrl-C', async () => {
  const demo = spawnProcess(process.execPath, [fileURLToPath(new URL('../../guests/demo.ts', import.meta.url))]);
  atEnd(() => demo.kill('SIGTERM'));
  await demo.waitFor(/<<< reading {2}sensors\/\w+\/temperature {2}\{"celsius":/);
  await demo.waitFor(/handled "sensors\//);
  await demo.waitFor(/>>> alert {4}alerts\/\w+ {2}com\.example\.temperature\.raised {2}\{"sensor"/, {
    timeout: 60_000,
  });
  expect(await demo.kill('SIGINT')).toEqual({ code: 0, signal: null });
  expect(demo.stderr()).toContain('stopped: SIGINT');
});
