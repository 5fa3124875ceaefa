import { describe, expect, it } from 'vitest';
import { tempDirectory } from '../../support/temp.ts';
import { open, session } from '../samples.ts';

describe('remembered sessions', () => {
  it('are kept over a restart, in the order in which they were first saved', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    const first = session({ filters: ['a/+', 'b "q"/#'], subscribed: [], inDoubt: true, qos: 0, protocol: 4 });
    const second = session({ clientId: 'another', kind: 'topic', binding: 'b1' });
    await Promise.all([journal.sessions.save(first), journal.sessions.save(second)]);
    await journal.sessions.save({ ...first, inDoubt: false, subscribed: ['a/+'] });
    await journal.close();

    const { sessions } = await open({ dir });
    expect(sessions.all()).toStrictEqual([{ ...first, inDoubt: false, subscribed: ['a/+'] }, second]);
    expect(sessions.get('another', second.broker)).toStrictEqual(second);
  });

  it('are known by client id and broker together', async () => {
    const { sessions } = await open();
    const [here, there] = [session(), session({ broker: 'mqtts://elsewhere:8883', qos: 1 })];
    await sessions.save(here);
    await sessions.save(there);
    expect(sessions.all()).toHaveLength(2);
    await sessions.forget(here.clientId, here.broker);
    expect(sessions.get(here.clientId, here.broker)).toBeUndefined();
    expect(sessions.get(there.clientId, there.broker)).toStrictEqual(there);
    await sessions.forget('never', 'known');
  });

  it('show what is committed', async () => {
    const { sessions } = await open();
    const saving = sessions.save(session());
    expect(sessions.all()).toEqual([]);
    await saving;
    expect(sessions.all()).toHaveLength(1);
  });
});
