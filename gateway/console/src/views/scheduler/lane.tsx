/** One day of one rig: its bookings, when the laboratory is closed, and what is being drawn or carried. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { BookingKind, BookingState, type Booking } from 'lab.proto';
import { clock } from '../../format/time';
import { now } from '../../state/ticker';
import { rigText, whoOf } from './acts';
import { movable, tapped, wasDragged } from './drag';
import { frame, frameKey, frameText, pickUp } from './keys';
import { asking, bookings, carried, cursor, dayOf, focused, hours, overlaps, sheet, type Span } from './state';
import { DAY, dayText } from './time';
import { w } from './words';

/** Where a span is in a lane, in parts of its height; cut off at its ends. */
function place(day: number, starts: number, ends: number): { top: string; height: string } {
  const { from, until } = hours.value;
  const part = (time: number) => Math.min(1, Math.max(0, (time - day - from) / (until - from)));
  return { top: `${100 * part(starts)}%`, height: `${100 * (part(ends) - part(starts))}%` };
}

function stateText({ state, why, used }: Booking): string {
  const over = state === BookingState.ENDED && !used;
  return w(`state.${state}` as 'state.1') + (why === 'no-show' ? `, ${w('why.no-show')}` : over ? `, ${w('unused')}` : '');
}

export const whatOf = (booking: Booking) => `${w(`kind.${booking.kind || 1}` as 'kind.1')}, ${stateText(booking)}`;

function useFocus(mine: 'frame' | number) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => { // before the next key comes: in another lane the frame is another button
    if (focused.next !== mine) return;
    focused.next = undefined;
    button.current?.focus();
    button.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  return button;
}

function Block({ booking, day }: { booking: Booking; day: number }) {
  const button = useFocus(booking.id);
  const may = movable(booking, now.value);
  const isCarried = carried.value?.id === booking.id;
  const maintenance = booking.kind === BookingKind.MAINTENANCE;
  const who = maintenance ? w('kind.3') : whoOf(booking), when = `${booking.group} ${clock(booking.starts)}–${clock(booking.ends)}`;
  const text = `${who} ${when}; ${rigText(booking.rig)}, ${dayText(booking.starts)}; ${whatOf(booking)}`;
  return (
    <li><button type="button" ref={button} data-booking={booking.id} title={text} aria-label={text}
      aria-keyshortcuts={may ? 'm' : undefined} style={place(day, booking.starts, booking.ends)}
      class={`booking kind-${booking.kind || 1} state-${booking.state} ${may ? 'movable' : ''} ${isCarried ? 'lifted' : ''}`}
      onClick={() => { if (!wasDragged()) sheet.value = { kind: 'booking', booking }; }}
      onKeyDown={(event) => { if (event.key.toLowerCase() === 'm' && may) { event.preventDefault(); pickUp(booking.id); } }}>
      <span class="who">{who}</span>
      {' '}<span class="when">{when}</span>
      {may && <i data-edge aria-hidden="true" />}
    </button></li>
  );
}

function Frame({ span, day }: { span: Span; day: number }) {
  const button = useFocus('frame');
  return (
    <button type="button" ref={button} class={`frame ${carried.value ? 'carries' : ''} ${asking.value ? 'asks' : ''} ${cursor.value ? 'drawn' : ''}`}
      data-frame aria-label={frameText(span)} style={place(day, span.starts, span.ends)} onKeyDown={frameKey}
      onClick={() => { if (!wasDragged() && !asking.value) sheet.value = { kind: 'new', span }; }}>
      {cursor.value && <span class="when">{clock(span.starts)}–{clock(span.ends)}</span>}
    </button>
  );
}

/** Before it opens and after it closes, and what is past. */
function Shades({ day }: { day: number }) {
  const known = dayOf(day);
  const shut = !known ? [] : known.closes ? [[day, known.opens], [known.closes, day + DAY]] : [[day, day + DAY]];
  return (
    <>
      {shut.filter(([from, until]) => from! < until!).map(([from, until]) =>
        <div class="shut" style={place(day, from!, until!)} />)}
      {now.value > day && <div class="past" style={place(day, day, Math.min(now.value, day + DAY))} />}
      {now.value > day && now.value < day + DAY && <div class="now-line" style={{ top: place(day, now.value, now.value).top }} />}
    </>
  );
}

export function Lane({ rig, day }: { rig: string; day: number }) {
  const until = day + DAY;
  const here = bookings.value.filter((booking) => booking.rig === rig && overlaps(booking, { starts: day, ends: until }));
  const span = frame();
  const known = dayOf(day);
  const isShut = known && !known.closes;
  return (
    <div class={`lane ${isShut ? 'is-shut' : ''}`} data-lane={day} data-rig={rig} role="group" aria-label={w('lane', { rig: rigText(rig), day: dayText(day) })}
      onClick={(event) => {
        const tap = (event.target as HTMLElement).closest('button') || wasDragged() ? undefined : tapped(event);
        if (tap) sheet.value = { kind: 'new', span: cursor.value = tap };
      }}>
      <Shades day={day} />
      <ul>{here.sort((a, b) => a.starts - b.starts).map((booking) => <Block key={booking.id} booking={booking} day={day} />)}</ul>
      {span.rig === rig && span.starts < until && span.ends > day && (span.starts >= day || cursor.value !== null) && <Frame span={span} day={day} />}
    </div>
  );
}
