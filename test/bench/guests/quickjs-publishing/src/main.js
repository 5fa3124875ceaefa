import { publish } from 'wasi:pubsub/data-basic@0.1.0';

/** One message in, one out, with the same payload. */
export const dataOnMessage = {
  onMessage: ({ data }) => {
    publish('out/bench', { id: '', source: '', type: 'com.example.bench.answered', data });
  },
};
