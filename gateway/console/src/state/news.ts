/** What the laboratory tells this person: what became of their bookings, their places in the queue, and what is kept for them.
 * Asked for again and again while it is shown; that there is any is told with the bookings (state/lab.ts). */
import { signal } from '@preact/signals';
import type { Notice, Ticket } from 'lab.proto';
import { bus } from './bus';
import { person } from './identity';
import { refresh as refreshLab, repeat } from './lab';
import { heardWall } from './ticker';

const EVERY = 10_000; // ms

export const notices = signal<Notice[]>([]);
/** This person's. */
export const tickets = signal<Ticket[]>([]);

async function refresh(): Promise<void> {
  const [told, queue] = await Promise.all([bus.ask({ notices: {} }), bus.ask({ queue: {} })]);
  heardWall(told.wall);
  notices.value = told.notices!.notices;
  tickets.value = queue.queue!.tickets.filter(({ mine }) => mine);
}

export const followNews = () => repeat(refresh, EVERY);

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
  await Promise.all([refresh(), refreshLab()]);
}
