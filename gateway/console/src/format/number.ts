/** Numbers as they are read on an instrument: a few digits, and a prefix where the unit takes one. */
import { Type, type Point, type Value } from 'lab.proto';
import { locale, t, word } from '../i18n';

const PREFIXED = new Set(['Hz', 'V', 'A', 's', 'W', 'ohm', 'F', 'H', 'm']);
const PREFIXES: [number, string][] = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']];
const SYMBOLS: Record<string, string> = { degC: '°C', degF: '°F', ohm: 'Ω', kohm: 'kΩ', Mohm: 'MΩ', deg: '°', uA: 'µA', uV: 'µV', us: 'µs', m3: 'm³' };
const DIGITS = 4;

export const unitText = (unit: string) => SYMBOLS[unit] ?? unit;

/** Metres and seconds are spoken of in small parts, never in kilometres or kiloseconds. */
function prefixFor(value: number, unit: string): [number, string] {
  const size = Math.abs(value);
  if (!PREFIXED.has(unit) || size === 0) return [1, ''];
  const most = unit === 'm' || unit === 's' ? 1 : Infinity;
  const least = unit === 'm' ? 1e-3 : 0;
  return PREFIXES.find(([factor]) => factor <= most && factor >= least && size >= factor * 0.99999) ?? [1, ''];
}

/** Making one takes longer than a frame has for all numbers of a screen. */
const formats = new Map<string, Intl.NumberFormat>();

export function digits(value: number, significant = DIGITS): string {
  const key = locale() + significant;
  let format = formats.get(key);
  if (!format) formats.set(key, format = new Intl.NumberFormat(locale(), { maximumSignificantDigits: significant, useGrouping: false }));
  return format.format(value);
}

/** Number and unit apart, so that a view can set them differently. */
export function quantity(value: number, unit: string): { number: string; unit: string } {
  const [factor, prefix] = prefixFor(value, unit);
  const scaled = value / factor;
  // What is next to nothing beside the scale of its unit is noise, not 1.2e-9.
  return { number: digits(Math.abs(scaled) < 1e-9 ? 0 : scaled), unit: prefix + unitText(unit) };
}

/** Ticks of one axis, all with one prefix. */
export function tickTexts(ticks: number[], unit: string): string[] {
  const [factor, prefix] = prefixFor(Math.max(...ticks.map(Math.abs)), unit);
  return ticks.map((tick) => `${digits(Math.abs(tick / factor) < 1e-9 ? 0 : tick / factor)} ${prefix}${unitText(unit)}`.trim());
}

/** A number of a point in one text: "35 %". */
export function numberText(value: number, unit: string): string {
  const { number, unit: shown } = quantity(value, unit);
  return shown ? `${number} ${shown}` : number;
}

export function choiceName(point: Point, number: number): string {
  return point.choices.find((choice) => choice.number === number)?.name ?? digits(number);
}

/** A value of whatever type, as its number is on the wire. */
export function pointText(point: Point, number: number, text = ''): string {
  switch (point.type) {
    case Type.BOOLEAN: return word(number ? point.on || 'on' : point.off || 'off');
    case Type.CHOICE: return word(choiceName(point, number));
    case Type.TEXT: return text;
    default: return numberText(number, point.unit);
  }
}

export function valueText(point: Point, value: Value | undefined): string {
  return value && value.time ? pointText(point, value.number, value.text) : t('quality.none');
}
