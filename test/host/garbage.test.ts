import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { KEEP_YOUNG } from '../../host/garbage.ts';

it('V8 knows the option', () => {
  const start = (option: string) => () => execFileSync(process.execPath, [option, '-e', '0'], { stdio: 'pipe' });
  expect(start(KEEP_YOUNG)).not.toThrow();
  expect(start(`${KEEP_YOUNG}-ever`)).toThrow(/bad option/);
});
