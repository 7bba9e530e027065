/** Requests and answers as bytes: docs/protocol.md, "Request ids". */
import { PbfReader, PbfWriter } from 'pbf';
import { readAnswer, spoken, writeRequest, type Answer, type Request, type Sparse } from 'lab.proto';

export type Body = Sparse<Omit<Request, 'version' | 'token' | 'seat' | 'seen' | 'elapsed'>>;

export interface Codec {
  encode(request: Sparse<Request>): Uint8Array;
  decode(bytes: Uint8Array): Answer;
}

export function codec(write: typeof writeRequest, read: typeof readAnswer): Codec {
  return {
    encode(request) {
      const writer = new PbfWriter();
      write({ version: 1, ...request }, writer);
      return writer.finish();
    },
    decode: (bytes) => read(new PbfReader(bytes)),
  };
}

const early = codec(writeRequest, readAnswer);
export const { encode, decode } = early;

/** For what only some views say the codec is fetched when it is first said. */
export function codecOf(body: Body): Codec | Promise<Codec> {
  return Object.keys(body).every((name) => spoken.includes(name)) ? early : import('./whole').then(({ whole }) => whole);
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
