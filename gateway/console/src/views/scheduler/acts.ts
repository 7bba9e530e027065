/** What is asked of the gateway, whose answer decides, and what is said of it. */
import { signal } from '@preact/signals';
import { ChangeBookingKind, type Alternative, type Booking, type MaintenancePlan } from 'lab.proto';
import { reasonText, titleOf } from '../../i18n';
import { Refusal } from '../../protocol/refusal';
import { announce } from '../../state/announce';
import { bus } from '../../state/bus';
import { randomKey } from '../../state/lab';
import { asking, carried, cursor, inTheWay, refresh, rigOf, type Span } from './state';
import { spanText } from './time';
import { w } from './words';

export interface Said {
  text: string;
  /** Not done: what is in the way, and what would be free. */
  refusal?: { why: string; way: Booking | undefined; alternatives: Alternative[]; take: (instead: Span) => void };
  /** Done: how it was. */
  undo?: { booking: number; span: Span };
}
export const said = signal<Said | null>(null);

export const rigText = (name: string) => {
  const rig = rigOf(name);
  return rig ? titleOf(rig) : name;
};
export const spanWords = ({ rig, starts, ends }: Span) => ({ rig: rigText(rig), span: spanText(starts, ends) });
export const whoOf = ({ holder, party }: Booking) =>
  (party ? w('party', { who: holder || w('somebody'), count: party }) : holder || w('somebody'));

function tell(key: 'said.booked' | 'said.moved' | 'said.cancelled' | 'said.closed' | 'said.approved' | 'said.declined', span: Span, undo?: Said['undo']): void {
  said.value = { text: w(key, spanWords(span)), undo };
  announce(said.value.text);
  void refresh().catch(() => {});
}

export function refusalOf(error: unknown, span: Span, but: number, take: (instead: Span) => void): NonNullable<Said['refusal']> {
  const way = error instanceof Refusal && error.reason === 'overlaps' ? inTheWay(span, but) : undefined;
  const alternatives = error instanceof Refusal ? error.answer.alternatives?.alternatives ?? [] : [];
  return { why: reasonText(error), way, alternatives, take };
}

export interface Wanted {
  span: Span;
  holder: string;
  group: string;
  planned: boolean;
}

/** Throws the refusal. */
export async function book({ span, holder, group, planned }: Wanted): Promise<void> {
  const { rig, starts, ends } = span;
  const wish = holder ? { wishes: [{ rig, starts, ends, holder }] } : { rig, starts, ends };
  await bus.ask({ book: { ...wish, group, planned, key: randomKey() } });
  tell('said.booked', span);
}

async function change(booking: Booking, kind: number): Promise<void> {
  await bus.ask({ change_booking: { booking: booking.id, kind } });
}

/** Throws the refusal. */
export async function moveOrThrow(booking: Pick<Booking, 'id' | 'rig' | 'starts' | 'ends'>, span: Span): Promise<void> {
  await bus.ask({ change_booking: { booking: booking.id, kind: ChangeBookingKind.MOVE, ...span } });
  const { id, rig, starts, ends } = booking;
  await refresh().catch(() => {});
  tell('said.moved', span, { booking: id, span: { rig, starts, ends } });
}

/** What was dropped waits where it was dropped until the gateway has answered; refused, it is back where it was. */
export async function move(booking: Pick<Booking, 'id' | 'rig' | 'starts' | 'ends'>, span: Span): Promise<void> {
  asking.value = true;
  said.value = null;
  try {
    await moveOrThrow(booking, span);
  } catch (error) {
    const refusal = refusalOf(error, span, booking.id, (instead) => void move(booking, instead));
    said.value = { text: w('refused', { why: refusal.why }), refusal };
    announce(said.value.text, true);
  }
  asking.value = false;
  carried.value = null;
  cursor.value = null;
}

export function undo({ booking, span }: NonNullable<Said['undo']>, now: Span): void {
  void move({ id: booking, ...now }, span);
}

/** Throws the refusal. */
export async function cancel(booking: Booking): Promise<void> {
  await bus.ask({ cancel: { booking: booking.id } });
  tell('said.cancelled', booking);
}
export async function approve(booking: Booking, granted: boolean): Promise<void> {
  await change(booking, granted ? ChangeBookingKind.APPROVE : ChangeBookingKind.DECLINE);
  tell(granted ? 'said.approved' : 'said.declined', booking);
}

export interface Closure {
  span: Span;
  every: boolean;
  reason: string;
}

/** A refusal that says which bookings cannot move is a plan, too. */
export async function close({ span, every, reason }: Closure, key: string, dry: boolean): Promise<MaintenancePlan> {
  const asked = { ...(every ? { every_rig: true } : { rigs: [span.rig] }), starts: span.starts, ends: span.ends, reason, key, dry_run: dry };
  try {
    const { maintain } = await bus.ask({ maintain: asked });
    if (!dry) tell('said.closed', span);
    return maintain!;
  } catch (error) {
    if (error instanceof Refusal && error.answer.maintain) return error.answer.maintain;
    throw error;
  }
}
