/** The rigs of the laboratory and this person's bookings, asked for again every few seconds while they are shown. */
import { computed, signal } from '@preact/signals';
import { BookingState, type Booking, type RigSummary } from 'lab.proto';
import { bus } from './bus';
import { isSpectator, person } from './identity';
import { heardWall, now } from './ticker';

export const rigs = signal<RigSummary[]>([]);
export const bookings = signal<Booking[]>([]);
/** Whether anything of the laboratory was ever heard. */
export const known = signal(false);

const EVERY = 10_000; // ms
const DAY = 86_400_000;

export async function refresh(): Promise<void> {
  const from = Math.max(0, now.peek() - DAY);
  const [list, mine] = await Promise.all([
    bus.ask({ rigs: {} }),
    isSpectator() ? undefined : bus.ask({ bookings: { from } }),
  ]);
  heardWall(list.wall);
  rigs.value = list.rigs!.rigs;
  bookings.value = mine?.bookings!.bookings ?? [];
  known.value = true;
}

/** Keeps them fresh until the returned function is called. */
export function follow(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const again = async () => {
    await refresh().catch(() => {});
    if (!stopped) timer = setTimeout(again, document.hidden ? EVERY * 3 : EVERY);
  };
  void again();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

person.subscribe((somebody) => {
  if (somebody) return;
  rigs.value = [];
  bookings.value = [];
  known.value = false;
});

const isAhead = ({ state }: Booking) => state === BookingState.CONFIRMED || state === BookingState.LIVE;

/** Mine that are not over, the next one first. */
export const upcoming = computed(() =>
  bookings.value.filter((booking) => booking.mine && isAhead(booking) && booking.ends > now.value)
    .sort((a, b) => a.starts - b.starts));

export const liveOn = (rig: string): Booking | undefined =>
  upcoming.value.find((booking) => booking.rig === rig && booking.starts <= now.value);

function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `starts` 0: now. Times in ms since 1970. */
export async function book(rig: string, starts: number, ends: number): Promise<Booking> {
  const answer = await bus.ask({ book: { rig, starts, ends, key: randomKey() } });
  void refresh().catch(() => {});
  return answer.bookings!.bookings[0]!;
}

export async function cancel(booking: number): Promise<void> {
  await bus.ask({ cancel: { booking } });
  await refresh();
}
