import type { Duplex } from 'node:stream';

/**
 * Makes `stream.read()` return all that is buffered. aedes counts on that and otherwise waits for ever when a packet
 * came in several chunks; since Node 26 `read()` returns one chunk at a time. (`read(size)` with the buffered size
 * would raise the stream's high water mark with every flood.)
 */
export function withWholeReads<T extends Duplex>(stream: T): T {
  const readChunk: (size?: number) => Buffer | null = stream.read.bind(stream);
  stream.read = (size?: number | null) => {
    if (size !== undefined && size !== null) return readChunk(size);
    const chunks: Buffer[] = [];
    for (let chunk = readChunk(); chunk !== null; chunk = readChunk()) chunks.push(chunk);
    return chunks.length === 0 ? null : Buffer.concat(chunks);
  };
  return stream;
}
