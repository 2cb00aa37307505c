/**
 * Gives the memory of `bytes` back at once, where it is all of its buffer; whoever looks at them afterwards finds none.
 *
 * Left to the collector, tens of megabytes would pile up before it looks, and memory that is new to the process costs
 * more than to read into it.
 */
export function releaseBytes({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
