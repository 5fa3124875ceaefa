import '../../prelude/console.ts';
import '../../prelude/text.ts';
import { getArguments, getEnvironment } from 'wasi:cli/environment@0.2.12';
import { exitWithCode } from 'wasi:cli/exit@0.2.12';
import { publish } from 'wasi:pubsub/data-basic@0.1.0';

const encoder = new TextEncoder();

/** Publishes each text that it is given to the topic that comes first, and ends: `args = ["greetings", "hello"]`. */
function main(): void {
  const [, topic, ...texts] = getArguments();
  if (topic === undefined || texts.length === 0) {
    console.error('say what to publish in app.toml: args = ["<topic>", "<text>", …]');
    exitWithCode(2);
    return;
  }
  const source = new Map(getEnvironment()).get('SOURCE') ?? '';
  for (const text of texts) publish(topic, { id: '', source, type: 'com.example.text', data: encoder.encode(text) });
  console.log(`published ${texts.length} to ${topic}`);
}

export const run = { run: main };
