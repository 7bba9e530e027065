// From proto/lab.proto: lab.js, readers and writers of each message for pbf, and lab.d.ts, their types.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRaw } from 'pbf/compile';
import resolve from 'resolve-protobuf-schema';

const SCALARS = {
  uint32: 'number', uint64: 'number', int32: 'number', int64: 'number', sint32: 'number', sint64: 'number',
  double: 'number', float: 'number', bool: 'boolean', string: 'string', bytes: 'Uint8Array',
};

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
  writeFileSync(join(output, 'lab.js'), compileRaw(schema));
  writeFileSync(join(output, 'lab.d.ts'), `import type { PbfReader, PbfWriter } from 'pbf';
/** As it is written: what is left out takes its default. */
export type Sparse<T> = T extends Uint8Array ? T : T extends (infer E)[] ? Sparse<E>[] : T extends object ? { [K in keyof T]?: Sparse<T[K]> } : T;
${schema.enums.map((each) => enumOf(each)).join('')}${schema.messages.flatMap(({ name, enums }) => enums.map((each) => enumOf(each, name))).join('')}${schema.messages.map((message) => interfaceOf(message, schema)).join('')}`);
}
