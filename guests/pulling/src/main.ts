import '../../prelude/console.ts';
import '../../prelude/text.ts';
import { getArguments } from 'wasi:cli/environment@0.2.12';
import type { Event } from 'wasi:pubsub/types@0.1.0';
import { perform, steps } from './steps.ts';

const decoder = new TextDecoder();

/** Each argument is a step. */
async function command(): Promise<void> {
  for (const step of getArguments().slice(1)) await perform(step);
  console.log('all steps done');
}

/** The payload is one step, of those that a handler can take: it is not async. */
function onMessage(message: Event): void {
  const [name = '', ...words] = decoder.decode(message.data).split(' ');
  const step = steps[name];
  if (step === undefined) throw { tag: 'rejected', val: `"${name}" is no step` };
  void step(words);
}

/** The same for `on_message = "on_step"`, which is async and so can read streams. */
export async function onStep(message: Event): Promise<void> {
  await perform(decoder.decode(message.data));
}

export const run = { run: command };
export const dataOnMessage = { onMessage };
