import { current } from 'host:pubsub/delivery@0.1.0';
import { getEnvironment } from 'wasi:cli/environment@0.2.12';
import { publish } from 'wasi:pubsub/data-basic@0.1.0';
import { Pseudonyms } from './pseudonyms.js';

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

let configured;

/** Not at the top level: that runs when the guest is built, and has no environment. */
function pseudonyms() {
  if (configured === undefined) {
    const { KEY = '', FIELDS = '' } = Object.fromEntries(getEnvironment());
    // The configuration's fault, not the message's, which is tried again: there is time to mend it.
    if (KEY.length < 32) throw { tag: 'other', val: `KEY: expected at least 32 characters, found ${KEY.length}` };
    configured = new Pseudonyms(KEY, FIELDS.split(/\s+/));
  }
  return configured;
}

/**
 * Called once for each event on `private/<name>`. Async, although WIT has a plain `func`: StarlingMonkey runs its event
 * loop until the promise is settled, and only then returns. What is thrown after an await is a typed error as well.
 */
async function onMessage(message) {
  const data = await replaced(parse(message.data));
  publish(current().topic.replace(/^private\//, 'public/'), {
    id: message.id,
    // Its own source makes it a new event: with the message's it would be that one forwarded, which keeps attributes
    // such as subject, and those may be personal as well.
    source: '/pseudonymizer',
    type: message.type,
    data,
  });
}

function parse(bytes) {
  let data;
  try {
    data = JSON.parse(decoder.decode(bytes));
  } catch {
    // Without the parser's words: they may quote what is personal, and this goes to the log.
    throw { tag: 'rejected', val: 'the data is not JSON' };
  }
  if (typeof data === 'object' && data !== null) return data;
  throw { tag: 'rejected', val: 'the data is JSON, but neither an object nor a list: there are no fields to look for' };
}

async function replaced(data) {
  const replacing = pseudonyms();
  try {
    return encoder.encode(JSON.stringify(await replacing.replaceIn(data)));
  } catch (error) {
    // "too much recursion": some 900 levels.
    if (error instanceof InternalError) throw { tag: 'rejected', val: 'the data is nested too deeply' };
    throw error;
  }
}

export const dataOnMessage = { onMessage };
