import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnHost } from '../support/cli.ts';
import { spawnProcess } from '../support/process.ts';
import { tempDirectory } from '../support/temp.ts';
import { buildCommand, missingToolchain } from '../support/toolchains.ts';

const GUEST = `package main

import (
	"encoding/json"

	"guest/pubsub"
)

func init() {
	pubsub.OnMessage(func(message pubsub.Event) error {
		delivery, ok := pubsub.Current()
		if !ok {
			return pubsub.Rejected("no delivery")
		}
		data, err := json.Marshal(delivery)
		if err != nil {
			return err
		}
		return pubsub.Publish("hello/greetings", pubsub.Event{Type: "delivery", Data: data})
	})
}

func main() {}
`;

const WORLD = `package guest:app;

world guest {
  include host:pubsub/push@0.1.0;
  import host:pubsub/delivery@0.1.0;
}
`;

const properties = {
  contentType: 'text/plain',
  responseTopic: 'answers/ä',
  correlationDataBase64: 'AP8=',
  userProperties: [
    ['a', '1'],
    ['a', 'twice'],
    ['', 'no name'],
  ],
};

const PLAIN = {
  Topic: 'hello/names',
  QoS: 1,
  Retained: false,
  Redelivered: false,
  Attempt: 1,
  ContentType: '',
  ResponseTopic: '',
  CorrelationData: '',
  UserProperties: [],
};

const FULL = {
  ...PLAIN,
  QoS: 2,
  Retained: true,
  Redelivered: true,
  Attempt: 3,
  ContentType: properties.contentType,
  ResponseTopic: properties.responseTopic,
  CorrelationData: properties.correlationDataBase64,
  UserProperties: properties.userProperties,
};

function step(message: object, data: object): object {
  const expect = { result: 'ok', publishes: [{ event: { data } }] };
  return { topic: 'hello/names', payload: 'x', ...message, expect };
}

async function succeeds(program: ReturnType<typeof spawnProcess>): Promise<void> {
  const { code } = await program.exited;
  expect(code, program.stdout() + program.stderr()).toBe(0);
}

const missing = missingToolchain('go');

it.skipIf(missing !== undefined)(
  `a guest in Go knows the delivery of its message${missing === undefined ? '' : ` (missing: ${missing})`}`,
  async () => {
    const folder = join(tempDirectory('new'), 'hello');
    await succeeds(spawnHost(['new', folder, '--lang', 'go']));
    writeFileSync(join(folder, 'main.go'), GUEST);
    writeFileSync(join(folder, 'wit', 'world.wit'), WORLD);
    await succeeds(spawnProcess('sh', ['-c', buildCommand('go')], { cwd: folder }));
    const steps = [step({}, PLAIN), step({ qos: 2, retained: true, attempt: 3, properties }, FULL), step({}, PLAIN)];
    writeFileSync(join(folder, 'deliveries.json'), JSON.stringify(steps));
    await succeeds(spawnHost(['test', 'build/guest.wasm', 'deliveries.json'], { cwd: folder }));
  },
  600_000,
);
