import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { shipped } from '../../src/cli.ts';
import { type CommandLine, positionalsOf, usage } from '../arguments.ts';
import { EXIT } from '../exit.ts';
import { LANGUAGE_NAMES, LANGUAGES } from '../languages.ts';
import { print } from '../output.ts';
import { scaffold } from '../scaffold.ts';
import { listed } from '../words.ts';

/** As it is published; there, `npx host` would fetch whatever package is called host. */
const HOST = 'npx wasi-pubsub-host';

/** What starts this host in `folder`: npx finds a checkout from folders in it that have no package.json. */
function hostCommand(folder: string): string {
  const { root } = shipped();
  if (root.split(sep).includes('node_modules')) return HOST;
  const found = !relative(root, folder).startsWith('..') && !existsSync(join(folder, 'package.json'));
  return found ? 'npx host' : `${process.execPath} ${join(root, 'host', 'bin.js')}`;
}

/** `host new`: a guest to start from, in a folder of its own. */
export async function newGuest(line: CommandLine): Promise<number> {
  const [path = ''] = positionalsOf(line, ['dir']);
  const lang = LANGUAGE_NAMES.find((name) => name === line.lang);
  if (lang === undefined) {
    const found = line.lang === undefined ? 'nothing' : `"${line.lang}"`;
    throw usage(`--lang: expected ${listed(LANGUAGE_NAMES)}, found ${found}`);
  }
  const { folder, name, language, filled, install } = scaffold(path, lang, HOST);
  const host = install ? HOST : hostCommand(folder);
  const steps = [
    `cd ${path}`,
    ...(install ? ['npm install'] : []),
    filled(language.build).replace(HOST, host),
    `${host} run app.toml ${filled(language.component)} --with-broker`,
  ];
  const needs = LANGUAGES[lang].wit ? `It takes ${language.needs}.\n` : '';
  await print(`${name}: a guest in ${language.title}, in ${path}. README.md says more.\n${needs}Next:\n`);
  await print(`${steps.map((step) => `  ${step}`).join('\n')}\n`);
  return EXIT.ok;
}
