import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, run } from '../cache.ts';
import { startMosquitto } from './start.ts';
import type { MatrixBroker } from './types.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The address from which this machine's apt gets Debian 12 itself. */
async function mirror(directory: string): Promise<string> {
  const format = '$(CODENAME) $(COMPONENT) $(CREATED_BY) $(REPO_URI)';
  const targets = (await run('apt-get', ['indextargets', '--format', format], directory)).split('\n');
  const wanted = 'bookworm main Packages ';
  const found = targets.find((line) => line.startsWith(wanted));
  if (found === undefined) throw new Error('apt has no source with Debian 12 (bookworm) main');
  return found.slice(wanted.length);
}

/** Unpacks packages of one release beside what is installed, with lists and sources that are not the machine's own. */
async function unpack(directory: string, release: string, packages: readonly string[]): Promise<void> {
  const uri = await mirror(directory);
  const sources = ['bookworm', release].map((name) => `deb [signed-by=${KEYRING}] ${uri} ${name} main\n`);
  await mkdir(join(directory, 'lists', 'partial'), { recursive: true });
  await writeFile(join(directory, 'sources.list'), [...new Set(sources)].join(''));
  const settings = [
    `Dir::Etc::SourceList=${join(directory, 'sources.list')}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::lists=${join(directory, 'lists')}`,
    `Dir::Cache=${directory}`,
    'APT::Sandbox::User=',
  ].flatMap((setting) => ['-o', setting]);
  await run('apt-get', [...settings, '-q', 'update'], directory);
  await run('apt-get', [...settings, '-q', 'download', ...packages], directory);
  const archives = readdirSync(directory).filter((file) => file.endsWith('.deb'));
  for (const archive of archives) await run('dpkg', ['-x', archive, 'root'], directory);
}

function mosquitto(version: string, release: string, from: string): MatrixBroker {
  const got = () =>
    cached(`mosquitto-${version}`, [], async (directory) => {
      await unpack(directory, release, [`mosquitto/${release}`, 'libwebsockets17']);
      const help = await run('sh', ['-c', `${start(directory)} -h || true`], directory);
      if (!help.includes(`mosquitto version ${version}`))
        throw new Error(`${release} has another version: ${help.split('\n')[0]}`);
    });
  const path = (directory: string) => join(directory, 'root', 'usr', 'sbin', 'mosquitto');
  const libraries = (directory: string) =>
    join(directory, 'root', 'usr', 'lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`);
  const start = (directory: string) => `LD_LIBRARY_PATH=${libraries(directory)} ${path(directory)}`;
  return {
    key: `mosquitto-${version}`,
    label: `Mosquitto ${version}`,
    from,
    protocols: [5, 4],
    keepsQos2: true,
    prepare: async () => void (await got()),
    start: async () => {
      const directory = await got();
      return startMosquitto({ path: path(directory), libraries: libraries(directory) });
    },
  };
}

export const mosquitto2011 = mosquitto('2.0.11', 'bookworm', 'Debian 12');
export const mosquitto2021 = mosquitto('2.0.21', 'bookworm-backports', 'Debian 12, backports');
