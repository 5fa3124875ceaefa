import '../../prelude/console.ts';
import '../../prelude/text.ts';
import { current } from 'host:pubsub/delivery@0.1.0';
import { publish, receive } from 'wasi:pubsub/data-basic@0.1.0';
import type { Event, Error as PubsubError } from 'wasi:pubsub/types@0.1.0';
import { measure } from './job.ts';

const encoder = new TextEncoder();

/** Works on one job after the other, for ever: the host ends a command that waits in `receive` when it stops. */
function work(): never {
  for (;;) {
    const job = next();
    if (job === undefined) continue;
    const topic = current()?.topic ?? '';
    publish(topic.replace(/^jobs\//, 'done/'), {
      // The same job always makes the same id, so a repeated one can be told.
      id: `${job.id}-done`,
      source: '/pull-worker',
      type: 'com.example.job.done',
      data: encoder.encode(JSON.stringify(measure(job.data))),
    });
    // The next receive settles the job, together with what was published for it.
  }
}

/** The next job; undefined where none came within `receive_timeout`. */
function next(): Event | undefined {
  try {
    return receive('jobs/+');
  } catch (thrown) {
    // The typed error of an import is the payload of what is thrown.
    const { payload } = thrown as { readonly payload?: PubsubError };
    if (payload?.tag !== 'timeout') throw thrown;
    console.log('no job for a while');
    return undefined;
  }
}

export const run = { run: work };
