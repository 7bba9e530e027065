/** The rigs of the laboratory and this person's bookings, asked for again every few seconds while they are shown. */
import { computed, signal } from '@preact/signals';
import { BookingState, ChangeBookingKind, type Booking, type Capability, type RigSummary } from 'lab.proto';
import { titleOf } from '../i18n';
import { bus } from './bus';
import { isSpectator, person } from './identity';
import { heardWall, now } from './ticker';

export const rigs = signal<RigSummary[]>([]);
/** Those that have a title. */
export const capabilities = signal<Capability[]>([]);
export const bookings = signal<Booking[]>([]);
/** There is something to tell this person: state/news.ts has it. */
export const hasNews = signal(false);
/** Whether anything of the laboratory was ever heard. */
export const known = signal(false);

const titleIn = (all: Parameters<typeof titleOf>[0][], wanted: string): string =>
  titleOf(all.find(({ name }) => name === wanted) ?? { title: '', title_zh: '', name: wanted });
export const rigTitle = (name: string): string => titleIn(rigs.value, name);
export const capabilityTitle = (name: string): string => titleIn(capabilities.value, name);

const EVERY = 10_000, BOOKINGS_EVERY = 60_000; // ms
const DAY = 86_400_000;

async function refreshBookings(): Promise<void> {
  if (isSpectator()) return;
  const answer = await bus.ask({ bookings: { from: Math.max(0, now.peek() - DAY) } });
  heardWall(answer.wall);
  bookings.value = answer.bookings!.bookings;
  hasNews.value = answer.bookings!.news;
}

export async function refreshRigs(): Promise<void> {
  const answer = await bus.ask({ rigs: {} });
  heardWall(answer.wall);
  rigs.value = answer.rigs!.rigs;
  capabilities.value = answer.rigs!.capabilities;
  known.value = true;
}

export async function refresh(): Promise<void> {
  await Promise.all([refreshRigs(), refreshBookings()]);
}

/** `act` at once, again so often, and whenever the page is seen again, until the returned function is called. */
export function repeat(act: () => Promise<void>, every: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const again = async () => {
    timer = undefined; // it is being asked
    await act().catch(() => {});
    if (!stopped) timer = setTimeout(again, document.hidden ? every * 3 : every);
  };
  const seen = () => {
    if (document.hidden || timer === undefined) return;
    clearTimeout(timer);
    void again();
  };
  document.addEventListener('visibilitychange', seen);
  void again();
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
}

/** Keeps all of it fresh until the returned function is called. */
export const follow = () => repeat(refresh, EVERY);
/** Only this person's bookings, for who is in a session already. */
export const followBookings = () => repeat(refreshBookings, BOOKINGS_EVERY);

person.subscribe((somebody) => {
  if (somebody) return;
  rigs.value = [];
  bookings.value = [];
  hasNews.value = false;
  known.value = false;
});

const isAhead = ({ state }: Booking) =>
  state === BookingState.CONFIRMED || state === BookingState.LIVE || state === BookingState.PENDING;
export const isPending = ({ state }: Booking) => state === BookingState.PENDING;

/** Mine that are not over, the next one first. */
export const upcoming = computed(() =>
  bookings.value.filter((booking) => (booking.mine || booking.takes_part) && isAhead(booking) && booking.ends > now.value)
    .sort((a, b) => a.starts - b.starts));

export const liveOn = (rig: string): Booking | undefined =>
  upcoming.value.find((booking) => booking.rig === rig && booking.starts <= now.value && !isPending(booking));

export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `starts` 0: now. Times in ms since 1970. */
export async function book(rig: string, starts: number, ends: number): Promise<Booking> {
  const answer = await bus.ask({ book: { rig, starts, ends, key: randomKey() } });
  void refresh().catch(() => {});
  return answer.bookings!.bookings[0]!;
}

/** A live one, while nobody waits for its rig; `by` in ms. */
export async function extend({ id, ends }: Booking, by: number): Promise<void> {
  await bus.ask({ change_booking: { booking: id, kind: ChangeBookingKind.EXTEND, ends: ends + by } });
  await refresh();
}

const PATIENCE = 4 * 3_600_000; // ms, of who waits in the queue

/** For a rig that is taken; `length` in ms. */
export async function wait(rig: string, length: number): Promise<void> {
  await bus.ask({ enqueue: { rig, length, until: now.peek() + PATIENCE } });
  await refresh();
}

export async function cancel(booking: number): Promise<void> {
  await bus.ask({ cancel: { booking } });
  await refresh();
}
