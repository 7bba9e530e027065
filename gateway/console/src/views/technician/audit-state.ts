/** What is looked for in the audit trail, and the page of it that was found: the newest first. */
import { signal } from '@preact/signals';
import type { LogRecord } from 'lab.proto';
import { zoneOffset } from '../../format/time';
import { bus } from '../../state/bus';

export interface Wanted {
  rig: string;
  person: string;
  kind: string;
  session: string;
  /** As inputs of type datetime-local have them, in the chosen zone; "": open. */
  from: string;
  until: string;
  refusals: boolean;
}

export const nothing: Wanted = { rig: '', person: '', kind: '', session: '', from: '', until: '', refusals: false };
export const wanted = signal<Wanted>(nothing);

export interface Found {
  records: LogRecord[];
  /** Where older ones go on; 0: there are none. */
  next: number;
  /** It is not the newest page. */
  later: boolean;
}

const PAGE = 50;

const instant = (text: string) => (text ? Date.parse(text + 'Z') - zoneOffset() : 0);

/** `before`: number of the record to go back from; 0: from the newest. */
export async function search(before: number): Promise<Found> {
  const { rig, person, kind, session, from, until, refusals } = wanted.peek();
  const { log } = await bus.ask({
    log: {
      rig, person: person.trim(), kinds: kind ? [kind] : [], session: Number(session) || 0, from: instant(from), until: instant(until), refusals,
      newest_first: true, before, most: PAGE,
    },
  });
  return { records: log!.records, next: log!.more ? log!.next : 0, later: before > 0 };
}
