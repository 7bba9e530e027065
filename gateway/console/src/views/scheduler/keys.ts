/** The frame: a span that keys move over the timetable, empty to book it, or with a booking in it to put it elsewhere. */
import { announce } from '../../state/announce';
import { now } from '../../state/ticker';
import { move, spanWords, whoOf } from './acts';
import { movable } from './drag';
import { at, bookings, carried, cursor, focused, inTheWay, lanesOf, nextFree, scale, sheet, type Span } from './state';
import { DAY, STEP } from './time';
import { w } from './words';

export const frame = (): Span => cursor.value ?? nextFree();

export function frameText(span: Span): string {
  const other = inTheWay(span, carried.value?.id ?? 0);
  return w('frame', { ...spanWords(span), state: other ? w('frame.taken', { who: whoOf(other) }) : w('frame.free') });
}

function shifted(span: Span, by: number): Span {
  return { ...span, starts: span.starts + by, ends: span.ends + by };
}
function onRig(span: Span, by: number): Span {
  const names = lanesOf.peek().map(({ name }) => name);
  const next = names[names.indexOf(span.rig) + by];
  return next ? { ...span, rig: next } : span;
}
const across = (span: Span, by: number) => (scale.peek() === 'day' && lanesOf.peek().length > 1 ? onRig(span, by) : shifted(span, by * DAY));
const longer = (span: Span, by: number) => ({ ...span, ends: Math.max(span.ends + by, span.starts + STEP) });

const moves: Record<string, (span: Span, shift: boolean) => Span> = {
  ArrowDown: (span, shift) => (shift ? longer(span, STEP) : shifted(span, STEP)),
  ArrowUp: (span, shift) => (shift ? longer(span, -STEP) : shifted(span, -STEP)),
  ArrowRight: (span) => across(span, 1),
  ArrowLeft: (span) => across(span, -1),
  PageDown: (span) => onRig(span, 1),
  PageUp: (span) => onRig(span, -1),
};

export function pickUp(id: number): void {
  const booking = bookings.peek().find((each) => each.id === id);
  if (!booking || !movable(booking, now.peek())) return;
  focused.next = 'frame';
  carried.value = booking;
  cursor.value = { rig: booking.rig, starts: booking.starts, ends: booking.ends };
  announce(w('picked', { what: `${whoOf(booking)}, ${spanWords(booking).span}` }));
}

function act(): void {
  const span = frame();
  const booking = carried.peek();
  const other = inTheWay(span);
  if (booking) {
    focused.next = booking.id;
    void move(booking, span);
  }
  else if (other) sheet.value = { kind: 'booking', booking: other };
  else sheet.value = { kind: 'new', span };
}

/** Keys on the frame. */
export function frameKey(event: KeyboardEvent): void {
  const change = moves[event.key];
  if (change && !event.altKey && !event.ctrlKey && !event.metaKey) {
    focused.next = 'frame';
    cursor.value = change(frame(), event.shiftKey);
    at.value = cursor.value.starts;
    announce(frameText(cursor.value));
  } else if (event.key === 'Enter' || event.key === ' ') act();
  else if (event.key === 'Escape' && carried.peek()) {
    focused.next = carried.peek()!.id;
    carried.value = cursor.value = null;
    announce(w('left'));
  } else if (event.key.toLowerCase() === 'm' && !carried.peek()) pickUp(inTheWay(frame())?.id ?? 0);
  else return;
  event.preventDefault();
}
