/** Times of day and spans, in the chosen zone and language. */
import { locale } from '../i18n';
import { language, zone } from '../state/settings';

const ZONES = { beijing: 'Asia/Shanghai', xinjiang: 'Asia/Urumqi' };
const DAY = 86_400_000;

/** Making one takes longer than a frame has for all times of an axis. */
const formats = new Map<string, Intl.DateTimeFormat>();

function parts(time: number, options: Intl.DateTimeFormatOptions): string {
  const key = locale() + zone.value + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, format = new Intl.DateTimeFormat(locale(), { timeZone: ZONES[zone.value], ...options }));
  return format.format(time);
}

const dayOf = (time: number) => parts(time, { year: 'numeric', month: '2-digit', day: '2-digit' });

export function clock(time: number): string {
  return parts(time, { hour: '2-digit', minute: '2-digit', hour12: false });
}

/** With seconds. */
export function clockSeconds(time: number): string {
  return `${clock(time)}:${String(new Date(time).getUTCSeconds()).padStart(2, '0')}`;
}

/** What is kept says when in full: "28/11/2026 17:05:09 UTC+8". */
export const stamp = (time: number): string => `${dayOf(time)} ${clockSeconds(time)} UTC+${zoneOffset() / 3_600_000}`;

/** With its date when that is not today's. */
export function moment(time: number, now: number): string {
  if (dayOf(time) === dayOf(now)) return clock(time);
  return parts(time, { month: 'short', day: 'numeric', weekday: 'short' }) + ' ' + clock(time);
}

/** From one to the other, with the date of its end only where that is another. */
export const stretch = (from: number, until: number, now: number): string => `${moment(from, now)} – ${moment(until, dayOf(from) === dayOf(until) ? until : now)}`;

/** "1:02:03" or "4:05". */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (number: number) => String(number).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  if (days) return span(ms);
  return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + ':' + two(seconds % 60);
}

/** A span in one unit: "12 s", "3 min", "5 h". */
export function span(ms: number): string {
  const chinese = language.value === 'zh';
  const [amount, unit] = ms < 90_000 ? [ms / 1000, chinese ? '秒' : 's']
    : ms < 5_400_000 ? [ms / 60_000, chinese ? '分钟' : 'min']
    : ms < 2 * DAY ? [ms / 3_600_000, chinese ? '小时' : 'h']
    : [ms / DAY, chinese ? '天' : 'd'];
  return `${Math.round(amount)} ${unit}`;
}

/** The offset of the chosen zone, for times that a person types: ms to add to UTC. */
export function zoneOffset(): number {
  return (zone.value === 'beijing' ? 8 : 6) * 3_600_000;
}
