const decoder = new TextDecoder();

/** What is done for a job: here, it says how large the work was. */
export function measure(data: Uint8Array): { readonly bytes: number; readonly words: number; readonly text: string } {
  const text = decoder.decode(data);
  return { bytes: data.length, words: text.split(/\s+/).filter((word) => word !== '').length, text };
}
