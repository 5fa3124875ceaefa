/** Looks at the message and is done, as the plain program's handler. */
export const dataOnMessage = {
  onMessage: (message) => {
    if (message.data.length === 0) throw { tag: 'rejected', val: 'empty' };
  },
};
