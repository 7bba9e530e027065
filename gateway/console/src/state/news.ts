/** What the laboratory tells this person: what became of their bookings, their places in the queue, and what is kept for them.
 * That there is any is told with the bookings (state/lab.ts); while it is shown it is asked for whenever those came: in a
 * session that is seldom, for it shares the line with the rig's values. */
import { signal } from '@preact/signals';
import { BookingState, type Notice, type Ticket } from 'lab.proto';
import { bus } from './bus';
import { person } from './identity';
import { bookings, refresh as refreshLab } from './lab';
import { heardWall } from './ticker';

export const notices = signal<Notice[]>([]);
/** This person's. */
export const tickets = signal<Ticket[]>([]);

/** All of it is asked for next, not only what is new. */
let anew = true;
let refreshed: Promise<void> = Promise.resolve();

/** The last notice before which none changes any more: what waits for approval may be decided by somebody else. */
function settled(): number {
  const list = notices.peek();
  const open = list.findIndex(({ kind, state }) => kind === 'to-approve' && state === BookingState.PENDING);
  return list[(open < 0 ? list.length : open) - 1]?.number ?? 0;
}

async function refresh(): Promise<void> {
  const after = anew ? 0 : settled();
  anew = false;
  const [told, queue] = await Promise.all([bus.ask({ notices: { after } }), bus.ask({ queue: {} })]);
  heardWall(told.wall);
  notices.value = [...notices.peek().filter(({ number }) => number <= after), ...told.notices!.notices];
  tickets.value = queue.queue!.tickets.filter(({ mine }) => mine);
}

/** Keeps it fresh until the returned function is called. */
export function followNews(): () => void {
  anew = true;
  return bookings.subscribe(() => { refreshed = refresh().catch(() => {}); });
}

person.subscribe((somebody) => {
  if (somebody) return;
  notices.value = [];
  tickets.value = [];
});

/** What was seen is forgotten up to this notice. */
export const seen = (number: number) => change({ notices: { seen: number } });

/** Does something, after which all of it may be different. */
export async function change(body: Parameters<typeof bus.ask>[0]): Promise<void> {
  await bus.ask(body);
  anew = true;
  await refreshLab();
  await refreshed;
}
