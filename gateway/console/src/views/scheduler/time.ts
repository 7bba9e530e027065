/** Days, weeks and steps in the chosen zone. Both zones are without summer time, so a day has 24 hours. */
import { locale } from '../../i18n';
import { zone } from '../../state/settings';
import { clock, zoneOffset } from '../../format/time';

export const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
/** Bookings begin and end on these. */
export const STEP = 15 * MINUTE;

/** What a lane shows of a day, ms since its midnight. */
export interface Hours {
  from: number;
  until: number;
}

const dayNumber = (time: number) => Math.floor((time + zoneOffset()) / DAY);
const ofNumber = (day: number) => day * DAY - zoneOffset();

export const midnight = (time: number) => ofNumber(dayNumber(time));
/** Midnight of the Monday before; 1970 began on a Thursday. */
export const monday = (time: number) => ofNumber(dayNumber(time) - (dayNumber(time) + 3) % 7);
export const snap = (time: number) => Math.round(time / STEP) * STEP;
export const within = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);

function words(time: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { timeZone: zone.value === 'beijing' ? 'Asia/Shanghai' : 'Asia/Urumqi', ...options }).format(time);
}

export const weekdayText = (time: number) => words(time, { weekday: 'short' });
export const dayOfMonth = (time: number) => words(time, { day: 'numeric' });
export const dateText = (time: number) => words(time, { month: 'short', day: 'numeric' });
export const dayText = (time: number) => words(time, { weekday: 'short', month: 'short', day: 'numeric' });
export const yearText = (time: number) => words(time, { year: 'numeric', month: 'short', day: 'numeric' });
/** "Tue 1 Dec, 10:00–11:30" */
export const spanText = (starts: number, ends: number) =>
  `${dayText(starts)} ${clock(starts)}–${midnight(ends - 1) === midnight(starts) ? '' : dayText(ends) + ' '}${clock(ends)}`;

/** As an input of type datetime-local has it. */
export const typed = (time: number) => new Date(time + zoneOffset()).toISOString().slice(0, 16);
export const untyped = (text: string) => Date.parse(text + 'Z') - zoneOffset();
/** As an input of type date has it. */
export const typedDay = (time: number) => typed(time).slice(0, 10);
export const untypedDay = (text: string) => untyped(text + 'T00:00');

const OPEN: Hours = { from: 8 * HOUR, until: 22 * HOUR };

/** Hours that a laboratory is mostly used in, by Beijing's clock, and whatever more the spans need. */
export function hoursFor(spans: { starts: number; ends: number }[]): Hours {
  const shift = 8 * HOUR - zoneOffset();
  const hours = { from: OPEN.from - shift, until: OPEN.until - shift };
  for (const { starts, ends } of spans) {
    const day = midnight(starts);
    hours.from = Math.min(hours.from, Math.floor((starts - day) / HOUR) * HOUR);
    hours.until = ends > day + DAY ? DAY : Math.max(hours.until, Math.ceil((ends - day) / HOUR) * HOUR);
    if (ends > day + DAY) hours.from = 0;
  }
  return hours;
}
