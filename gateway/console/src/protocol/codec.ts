/** Requests and answers as bytes: docs/protocol.md, "Request ids". */
import { PbfReader, PbfWriter } from 'pbf';
import { readAnswer, writeRequest, type Answer, type Request, type Sparse } from 'lab.proto';

export type Body = Sparse<Omit<Request, 'version' | 'token' | 'seat' | 'seen' | 'elapsed'>>;

export function encode(request: Sparse<Request>): Uint8Array {
  const writer = new PbfWriter();
  writeRequest({ version: 1, ...request }, writer);
  return writer.finish();
}

export function decode(bytes: Uint8Array): Answer {
  return readAnswer(new PbfReader(bytes));
}

export function frame(id: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes.length + 4);
  new DataView(whole.buffer).setUint32(0, id);
  whole.set(bytes, 4);
  return whole;
}

export function unframe(buffer: ArrayBuffer): { id: number; bytes: Uint8Array } {
  return { id: new DataView(buffer).getUint32(0), bytes: new Uint8Array(buffer, 4) };
}
