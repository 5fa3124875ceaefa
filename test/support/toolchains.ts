import { commandOf, missingOf, TOOLCHAINS, type Toolchain } from '../../guests/toolchains.ts';
import { LANGUAGES, type LanguageName } from '../../host/languages.ts';

/** The template's own command, or what builds it here in its stead; its crate is called `guest`. */
export function buildCommand(lang: LanguageName): string {
  if (lang !== 'rust') return LANGUAGES[lang].build;
  return commandOf({ ...TOOLCHAINS.rust, command: LANGUAGES.rust.build }, 'guest');
}

/** What is missing here to build a guest in that language; `.ci/toolchains` installs it. */
export function missingToolchain(lang: LanguageName): string | undefined {
  if (lang === 'ts' || lang === 'js') return undefined;
  const toolchain: Toolchain = TOOLCHAINS[lang];
  const missing = missingOf(toolchain);
  return missing.length > 0 ? missing.join(', ') : undefined;
}
