// From proto/lab.proto: lab.js, readers and writers for pbf of what a first visit says and hears; whole.js, of all of it, which is
// fetched with the first view that says more (src/protocol/codec.ts); and lab.d.ts, their types.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRaw } from 'pbf/compile';
import resolve from 'resolve-protobuf-schema';

const SCALARS = {
  uint32: 'number', uint64: 'number', int32: 'number', int64: 'number', sint32: 'number', sint64: 'number',
  double: 'number', float: 'number', bool: 'boolean', string: 'string', bytes: 'Uint8Array',
};

/** What a first visit pays for. The rest of a Request's and an Answer's body is skipped by its codec. */
const EARLY = {
  Request: ['login', 'logout', 'rigs', 'show', 'book', 'bookings', 'cancel', 'join', 'leave', 'take', 'release', 'set', 'watch', 'stop', 'reset',
    'presence', 'hand', 'feed', 'people', 'practice'],
  Answer: ['login', 'rigs', 'show', 'bookings', 'join', 'control', 'set', 'frame', 'alternatives', 'feed', 'people', 'practice'],
};

function early(schema) {
  const kept = (message) => message.fields.filter(({ name, oneof }) => !oneof || EARLY[message.name].includes(name));
  return { ...schema, messages: schema.messages.map((message) => (EARLY[message.name] ? { ...message, fields: kept(message) } : message)) };
}

function typeOf(field, message, schema) {
  const isEnum = [...schema.enums, ...message.enums].some(({ name }) => name === field.type);
  const scalar = SCALARS[field.type] ?? (isEnum ? 'number' : field.type);
  return field.repeated ? `${scalar}[]` : scalar;
}

/** `inside`: the message that it is declared in. */
function enumOf({ name, values }, inside = '') {
  const lines = Object.entries(values).map(([key, { value }]) => `  readonly ${key}: ${value};`);
  return `export const ${inside}${name}: {\n${lines.join('\n')}\n};\n`;
}

/** As it is read: proto3's default stands for what was absent; only messages may be undefined. */
function interfaceOf(message, schema) {
  const lines = message.fields.map((field) => {
    const isMessage = schema.messages.some(({ name }) => name === field.type);
    const absent = (isMessage || field.oneof) && !field.repeated;
    return `  ${field.name}${absent ? '?' : ''}: ${typeOf(field, message, schema)};`;
  });
  const oneofs = [...new Set(message.fields.map((field) => field.oneof).filter(Boolean))];
  for (const oneof of oneofs)
    lines.push(`  ${oneof}?: ${message.fields.filter((field) => field.oneof === oneof).map((field) => `'${field.name}'`).join(' | ')};`);
  return `export interface ${message.name} {\n${lines.join('\n')}\n}\n` +
    `export function read${message.name}(pbf: PbfReader, end?: number): ${message.name};\n` +
    `export function write${message.name}(message: Sparse<${message.name}>, pbf: PbfWriter): void;\n`;
}

export function generateProtocol(proto, output) {
  const schema = resolve.sync(proto);
  const spoken = `export const spoken = ${JSON.stringify(EARLY.Request)};\n`;
  writeFileSync(join(output, 'lab.js'), compileRaw(early(schema)) + spoken);
  writeFileSync(join(output, 'whole.js'), compileRaw(schema));
  writeFileSync(join(output, 'lab.d.ts'), `import type { PbfReader, PbfWriter } from 'pbf';
/** Bodies of requests that lab.js can write; whole.js has the same names, of all. */
export const spoken: string[];
/** As it is written: what is left out takes its default. */
export type Sparse<T> = T extends Uint8Array ? T : T extends (infer E)[] ? Sparse<E>[] : T extends object ? { [K in keyof T]?: Sparse<T[K]> } : T;
${schema.enums.map((each) => enumOf(each)).join('')}${schema.messages.flatMap(({ name, enums }) => enums.map((each) => enumOf(each, name))).join('')}${schema.messages.map((message) => interfaceOf(message, schema)).join('')}`);
}
