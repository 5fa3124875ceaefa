import { describe, expect, it } from 'vitest';
import { surveyModule } from '../../../src/component/index.ts';

const link = { import: 'acme:hash/sha', key: 'acme:hash/sha', module: undefined, functions: [] };
const survey = (code: string) => surveyModule(link, `data:text/javascript,${encodeURIComponent(code)}`);

describe('a module that is given', () => {
  it('has the functions that it exports, and is never loaded on the main thread', async () => {
    const module = new URL('../../support/acme/hash.ts', import.meta.url).href;
    expect(await surveyModule(link, module)).toEqual(['digest', 'parseHex']);
    expect(await survey('export const a = () => {}, b = 1; export default class {}')).toEqual(['a', 'default']);
  });

  it('sees neither environment nor arguments of the process', async () => {
    const check = 'if (Object.keys(process.env).length > 0 || process.argv.length > 2) throw new Error("seen");';
    expect(await survey(check)).toEqual([]);
  });

  it.each([
    ['throw new Error("no database")', /"acme:hash\/sha" cannot be loaded in a worker: no database$/],
    ['import "./missing.js"', /cannot be loaded in a worker: .+/],
    ['process.exit(3)', /its thread ended while it was loading$/],
    ['export const = 3', /cannot be loaded in a worker: .+/],
  ])('%s: does not load', async (code, message) => {
    await expect(survey(code)).rejects.toMatchObject({
      code: 'ERR_INTERFACE_MODULE',
      message: expect.stringMatching(message),
    });
  });
});
