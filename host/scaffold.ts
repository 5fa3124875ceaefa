import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { assembleWit, HostError, missingTools, shipped, type Tool, toolSpecs } from '../src/cli.ts';
import { usage } from './arguments.ts';
import { LANGUAGES, type Language, type LanguageName } from './languages.ts';

/** An app's name that npm, Cargo and a client id take too. */
const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const BINARY = /\.(?:o|wasm)$/;

export interface Scaffold {
  readonly folder: string;
  readonly name: string;
  readonly language: Language;
  /** Words that stand in the templates' texts. */
  readonly filled: (text: string) => string;
  /** `npm install` has to run before the first build. */
  readonly install: boolean;
}

function checkEmpty(folder: string, shownAs: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) throw usage(`"${shownAs}" is a file: expected a folder that is empty, or not there yet`);
  const [first, ...others] = readdirSync(folder);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw usage(`"${shownAs}" is not empty: expected a folder that is empty, or not there yet, found ${first}${more}`);
}

function nameOf(folder: string): string {
  const name = basename(folder);
  if (NAME.test(name)) return name;
  const text = `the folder's name becomes the app's: expected lower case letters, digits, "-" and "_", a letter first, at most 64, found "${name}"`;
  throw usage(text);
}

interface Words {
  readonly name: string;
  readonly language: Language;
  readonly host: string;
  readonly install: boolean;
}

function filler({ name, language, host, install }: Words): (text: string) => string {
  const files = language.files.map(([path, what]) => `\`${path}\`: ${what}`).join('\n- ');
  const { title, needs, build, component } = language;
  const steps = install ? `npm install\n${build}` : build;
  const words: Readonly<Record<string, string>> = {
    language: title,
    needs,
    build,
    steps,
    component,
    name,
    host,
    files,
  };
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (whole, word: string) => {
      const value = words[word];
      return value === undefined ? whole : fill(value);
    });
  return fill;
}

/** npm leaves out files that are called .gitignore. */
function targetName(path: string): string {
  return path.replace(/(^|[\\/])_gitignore$/, '$1.gitignore');
}

function copyTemplate(from: string, to: string, filled: (text: string) => string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const target = join(to, targetName(source.slice(from.length + 1)));
    mkdirSync(dirname(target), { recursive: true });
    if (BINARY.test(source)) cpSync(source, target);
    else writeFileSync(target, filled(readFileSync(source, 'utf8')));
  }
}

interface Manifest {
  readonly folder: string;
  readonly name: string;
  readonly install: boolean;
  readonly tools: readonly Tool[];
  readonly component: string;
}

/** What `host build` takes; the other languages are built without it. */
function toolsOf({ wit }: Language, lang: LanguageName): readonly Tool[] {
  if (wit) return [];
  return lang === 'ts' ? ['componentize-qjs', 'rolldown', 'typescript'] : ['componentize-qjs', 'rolldown'];
}

/** Without dependencies where nothing has to be installed. */
function writeManifest({ folder, name, install, tools, component }: Manifest): void {
  const base = { name, private: true, type: 'module' };
  const { version } = shipped();
  const specs = [`wasi-pubsub-host@^${version}`, ...toolSpecs(tools)].map(
    (spec) => spec.split('@') as [string, string],
  );
  const scripts = {
    build: 'wasi-pubsub-host build',
    start: `wasi-pubsub-host run app.toml ${component} --with-broker`,
    test: `wasi-pubsub-host test ${component} fixtures --app app.toml`,
  };
  const manifest = install ? { ...base, scripts, devDependencies: Object.fromEntries(specs) } : base;
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Writes a guest to start from into an empty folder, which is made if need be.
 * @throws HostError ERR_USAGE where the folder or its name will not do
 */
export function scaffold(path: string, lang: LanguageName, host: string): Scaffold {
  const folder = resolve(path);
  checkEmpty(folder, path);
  const name = nameOf(folder);
  const language: Language = LANGUAGES[lang];
  const { templates, wit } = shipped();
  try {
    mkdirSync(folder, { recursive: true });
    const tools = toolsOf(language, lang);
    // In a checkout, or beside tools that are installed globally, everything is found.
    const install = missingTools(folder, tools).length > 0;
    const filled = filler({ name, language, host, install });
    for (const part of ['shared', lang]) copyTemplate(join(templates, part), folder, filled);
    if (language.wit) {
      assembleWit({ own: join(templates, 'wit'), contract: wit, copy: 'publish-only' }, join(folder, 'wit'));
    } else writeManifest({ folder, name, install, tools, component: filled(language.component) });
    return { folder, name, language, filled, install };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined || cause instanceof HostError) throw cause;
    throw new HostError('ERR_USAGE', `"${path}" cannot be written: ${message}`, { cause });
  }
}
