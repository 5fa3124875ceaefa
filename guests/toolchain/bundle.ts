import { rolldown } from 'rolldown';

/** One ES module of the guest and all it imports, but for the WIT interfaces. */
export async function bundle(entry: string): Promise<string> {
  const build = await rolldown({
    input: entry,
    external: (id) => /^[a-z][a-z0-9-]*:[a-z]/.test(id),
    treeshake: { moduleSideEffects: true },
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`bundling ${entry}: ${log.message}`);
    },
  });
  try {
    const { output } = await build.generate({ format: 'esm' });
    if (output.length !== 1) throw new Error(`bundling ${entry} gave ${output.length} files instead of one`);
    return output[0].code;
  } finally {
    await build.close();
  }
}
