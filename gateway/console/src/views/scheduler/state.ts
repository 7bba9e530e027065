/** The bookings of the week or day that is shown, and what is being done with them. */
import { computed, effect, signal } from '@preact/signals';
import { BookingState, type Booking, type Day, type DayList, type RigSummary } from 'lab.proto';
import { bus } from '../../state/bus';
import { rigs } from '../../state/lab';
import { heardWall, now } from '../../state/ticker';
import { DAY, hoursFor, HOUR, midnight, monday, STEP } from './time';

export interface Span {
  rig: string;
  starts: number;
  ends: number;
}
export type Scale = 'week' | 'day';

const EVERY = 10_000; // ms
const NARROW = '(max-width: 699px)';

/** A phone shows one rig and one day. */
export const narrow = signal(matchMedia(NARROW).matches);
matchMedia(NARROW).addEventListener('change', ({ matches }) => { narrow.value = matches; });

/** Some instant of what is shown. */
export const at = signal(now.peek());
const wanted = signal<Scale>('week');
export const scale = computed<Scale>(() => (narrow.value ? 'day' : wanted.value));
export const show = (next: Scale) => { wanted.value = next; };

/** "": all rigs. */
const wantedRig = signal('');
/** Simulators are not in the timetable. */
export const all = computed(() => rigs.value.filter(({ practice_of }) => !practice_of));
export const only = computed(() => wantedRig.value || (narrow.value ? all.value[0]?.name ?? '' : ''));
export const showRig = (name: string) => { wantedRig.value = name; };
export const lanesOf = computed<RigSummary[]>(() => all.value.filter(({ name }) => !only.value || name === only.value));

export const first = computed(() => (scale.value === 'week' ? monday(at.value) : midnight(at.value)));
export const days = computed(() => Array.from({ length: scale.value === 'week' ? 7 : 1 }, (_, i) => first.value + i * DAY));
export const until = computed(() => first.value + days.value.length * DAY);

export function turn(by: number): void {
  at.value = first.value + by * days.value.length * DAY + HOUR;
}

const heard = signal<Booking[]>([]);
/** Of which span `heard` is, "": of none yet. */
const heardOf = signal('');
const wantedSpan = computed(() => `${first.value} ${until.value}`);
export const known = computed(() => heardOf.value === wantedSpan.value);

const holdsTime = ({ state, why }: Booking) => state !== BookingState.CANCELLED && why !== 'down';
export const bookings = computed(() => heard.value.filter(holdsTime));
export const hours = computed(() => hoursFor(bookings.value.filter(({ starts }) => starts >= first.value)));

async function everything(from: number, before: number): Promise<Booking[]> {
  const list: Booking[] = [];
  for (let after = 0, more = true; more;) {
    const answer = await bus.ask({ bookings: { everyone: true, from, until: before, after } });
    heardWall(answer.wall);
    list.push(...answer.bookings!.bookings);
    more = answer.bookings!.more && answer.bookings!.bookings.length > 0;
    after = list[list.length - 1]?.id ?? 0;
  }
  return list;
}

export async function refresh(): Promise<void> {
  const span = wantedSpan.peek();
  const list = await everything(first.peek(), until.peek());
  if (span !== wantedSpan.peek()) return;
  heard.value = list;
  heardOf.value = span;
}

/** Keeps what is shown fresh until the returned function is called. */
export function follow(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const again = async () => {
    clearTimeout(timer);
    await Promise.allSettled([refresh(), readCalendar()]);
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void again(), document.hidden ? 3 * EVERY : EVERY);
  };
  const forget = effect(() => {
    void wantedSpan.value;
    void again();
  });
  return () => {
    stopped = true;
    clearTimeout(timer);
    forget();
  };
}

// ---- what is being done ----------------------------------------------------------------------------------------------

/** The span under the keys, or that is being drawn or carried. */
export const cursor = signal<Span | null>(null);
/** The booking that is carried; `cursor` is where it would go. */
export const carried = signal<Booking | null>(null);
/** The gateway is being asked whether `cursor` may become it. */
export const asking = signal(false);
/** What is to have the focus when it is drawn next: the frame, or a booking. */
export const focused: { next: 'frame' | number | undefined } = { next: undefined };

export type Sheet = { kind: 'new'; span: Span } | { kind: 'booking'; booking: Booking } | { kind: 'close'; span: Span } | null;
export const sheet = signal<Sheet>(null);

export const rigOf = (name: string) => all.value.find((rig) => rig.name === name);

/** Where the next booking would be put: an hour at the next full quarter, within what is shown. */
export function nextFree(): Span {
  const rig = lanesOf.peek()[0]?.name ?? '';
  const begin = Math.max(Math.ceil(now.peek() / STEP) * STEP, first.peek() + hours.peek().from);
  const starts = begin < until.peek() ? begin : first.peek() + hours.peek().from;
  return { rig, starts, ends: starts + HOUR };
}
export const overlaps = (a: { starts: number; ends: number }, b: { starts: number; ends: number }) => a.starts < b.ends && b.starts < a.ends;
export const inTheWay = (span: Span, but = 0): Booking | undefined =>
  bookings.peek().find((booking) => booking.id !== but && booking.rig === span.rig && booking.state !== BookingState.ENDED && overlaps(booking, span));

// ---- the laboratory's calendar ---------------------------------------------------------------------------------------

export const calendar = signal<DayList | undefined>(undefined);

/** Terms and holidays change with the configuration. An older gateway has none to tell: then the timetable is drawn without them. */
async function readCalendar(): Promise<void> {
  const span = wantedSpan.peek();
  const { days: list } = await bus.ask({ days: { from: first.peek() - DAY, until: until.peek() } });
  if (span === wantedSpan.peek()) calendar.value = list;
}

/** The laboratory's day that most of this one is. */
export const dayOf = (day: number): Day | undefined =>
  calendar.value?.days.find(({ starts }) => starts <= day + DAY / 2 && day + DAY / 2 < starts + DAY);
