import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, run } from '../cache.ts';
import { startProcessBroker } from './start.ts';
import type { MatrixBroker } from './types.ts';

/** What HiveMQ and Artemis reach into. */
const OPENED = [
  'java.base/java.lang',
  'java.base/java.nio',
  'java.base/sun.nio.ch',
  'jdk.management/com.sun.management.internal',
].flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]);

/**
 * A broker from Maven: the dependencies of `<folder>/pom.xml`, and its `Main.java`, which takes an address, a port and a
 * directory. Needs a JDK 17 and Maven.
 */
export function jvmBroker(folder: string, about: Omit<MatrixBroker, 'prepare' | 'start'>): MatrixBroker {
  const [pom, main] = ['pom.xml', 'Main.java'].map((file) => new URL(`./${folder}/${file}`, import.meta.url)) as [
    URL,
    URL,
  ];
  const got = () =>
    cached(about.key, [pom, main], async (directory) => {
      await cp(pom, join(directory, 'pom.xml'));
      await cp(main, join(directory, 'Main.java'));
      const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
      await run('mvn', ['-q', '-B', ...copy], directory);
      await run('javac', ['-cp', 'lib/*', '-d', 'classes', 'Main.java'], directory);
    });
  return {
    ...about,
    prepare: async () => void (await got()),
    start: async () => {
      const cache = await got();
      const path = [join(cache, 'classes'), join(cache, 'lib', '*')].join(':');
      return startProcessBroker(folder, (port, directory) => ({
        program: 'java',
        args: [...OPENED, '-Xmx512m', '-cp', path, 'Main', '127.0.0.1', String(port), directory],
      }));
    },
  };
}
