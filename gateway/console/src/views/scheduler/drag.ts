/** Drawing and carrying with a mouse, a pen or a finger. A finger scrolls the page, unless it has rested for a moment first. */
import { BookingState, type Booking } from 'lab.proto';
import { move } from './acts';
import { bookings, carried, cursor, hours, sheet, type Span } from './state';
import { HOUR, snap, STEP, within } from './time';

const HELD = 350; // ms
const SLACK = 6; // px
/** So near to an edge of the screen it scrolls, so far a frame. */
const EDGE = 48, SCROLLED = 8; // px

interface Grasp {
  pointer: number;
  x: number;
  y: number;
  /** What is drawn begins here; what is carried was grasped so far behind its start, ms. */
  anchor: number;
  rig: string;
  booking: Booking | undefined;
  edge: boolean;
  begun: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

let grasp: Grasp | undefined;
/** A press that became a drag is no click. */
let dragged = false;
export const wasDragged = () => dragged;

function laneAt(x: number, y: number): { rig: string; day: number; box: DOMRect } | undefined {
  const lane = document.elementsFromPoint(x, y).find((each): each is HTMLElement => each instanceof HTMLElement && 'lane' in each.dataset);
  return lane && { rig: lane.dataset['rig']!, day: Number(lane.dataset['lane']), box: lane.getBoundingClientRect() };
}

function timeAt({ day, box }: { day: number; box: DOMRect }, y: number): number {
  const { from, until } = hours.peek();
  return day + from + within((y - box.top) / box.height, 0, 1) * (until - from);
}

export const movable = ({ state, starts }: Booking, now: number) =>
  (state === BookingState.CONFIRMED || state === BookingState.PENDING) && starts > now;

function begin(): void {
  if (!grasp || grasp.begun) return;
  grasp.begun = dragged = true;
  clearTimeout(grasp.timer);
  const { booking, rig, anchor } = grasp;
  if (booking) {
    carried.value = booking;
    cursor.value = { rig: booking.rig, starts: booking.starts, ends: booking.ends };
  } else cursor.value = { rig, starts: snap(anchor), ends: snap(anchor) + STEP };
  navigator.vibrate?.(10);
  requestAnimationFrame(scroll);
}

function scroll(): void {
  if (!grasp?.begun) return;
  const by = grasp.y > innerHeight - EDGE ? SCROLLED : grasp.y < EDGE ? -SCROLLED : 0;
  if (by) {
    scrollBy(0, by);
    document.querySelector('.timetable')?.scrollBy(0, by);
    follow(grasp.x, grasp.y);
  }
  requestAnimationFrame(scroll);
}

function follow(x: number, y: number): void {
  const { booking, edge, anchor, rig } = grasp!;
  const lane = laneAt(x, y);
  if (!lane) return;
  const time = timeAt(lane, y);
  if (booking && edge) {
    if (lane.rig === booking.rig) cursor.value = { rig, starts: booking.starts, ends: Math.max(snap(time), booking.starts + STEP) };
  } else if (booking) {
    const starts = snap(time - anchor);
    cursor.value = { rig: lane.rig, starts, ends: starts + booking.ends - booking.starts };
  } else if (lane.rig === rig) {
    const [from, until] = anchor < time ? [anchor, time] : [time, anchor];
    cursor.value = { rig, starts: snap(from), ends: Math.max(snap(until), snap(from) + STEP) };
  }
}

function finish(): void {
  const { booking, begun } = grasp!;
  const span = cursor.peek();
  clearTimeout(grasp!.timer);
  grasp = undefined;
  if (!begun || !span) return;
  if (!booking) sheet.value = { kind: 'new', span };
  else if (span.rig !== booking.rig || span.starts !== booking.starts || span.ends !== booking.ends) void move(booking, span);
  else carried.value = cursor.value = null;
}

function drop(): void {
  if (!grasp) return;
  clearTimeout(grasp.timer);
  if (grasp.begun) carried.value = cursor.value = null;
  grasp = undefined;
}

/** `now`: what has begun stays where it is. Returns how to let go of the element again. */
export function draggable(element: HTMLElement, now: () => number): () => void {
  const down = (event: PointerEvent) => {
    dragged = false;
    if (event.button !== 0 || grasp || carried.peek()) return;
    const target = event.target as HTMLElement;
    const id = Number(target.closest<HTMLElement>('[data-booking]')?.dataset['booking'] ?? 0);
    const booking = bookings.peek().find((each) => each.id === id);
    const lane = laneAt(event.clientX, event.clientY);
    if (!lane || (id && (!booking || !movable(booking, now())))) return;
    const time = timeAt(lane, event.clientY);
    grasp = {
      pointer: event.pointerId, x: event.clientX, y: event.clientY, rig: lane.rig, booking, begun: false,
      anchor: booking ? time - booking.starts : Math.floor(time / STEP) * STEP,
      edge: Boolean(booking && target.closest('[data-edge]')),
      timer: event.pointerType === 'touch' ? setTimeout(begin, HELD) : undefined,
    };
  };
  const moved = (event: PointerEvent) => {
    if (event.pointerId !== grasp?.pointer) return;
    const far = Math.hypot(event.clientX - grasp.x, event.clientY - grasp.y) > SLACK;
    if (!grasp.begun && far && event.pointerType === 'touch') drop();
    else if (!grasp.begun && far) begin();
    if (!grasp?.begun) return;
    grasp.x = event.clientX;
    grasp.y = event.clientY;
    follow(grasp.x, grasp.y);
  };
  const up = (event: PointerEvent) => event.pointerId === grasp?.pointer && finish();
  const cancel = (event: PointerEvent) => event.pointerId === grasp?.pointer && drop();
  /** Once something is carried the finger does not scroll any more. */
  const touch = (event: TouchEvent) => grasp?.begun && event.cancelable && event.preventDefault();
  const menu = (event: Event) => grasp && event.preventDefault();
  const key = (event: KeyboardEvent) => event.key === 'Escape' && drop();
  element.addEventListener('pointerdown', down);
  element.addEventListener('touchmove', touch, { passive: false });
  element.addEventListener('contextmenu', menu);
  addEventListener('pointermove', moved);
  addEventListener('pointerup', up);
  addEventListener('pointercancel', cancel);
  addEventListener('keydown', key);
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('touchmove', touch);
    element.removeEventListener('contextmenu', menu);
    removeEventListener('pointermove', moved);
    removeEventListener('pointerup', up);
    removeEventListener('pointercancel', cancel);
    removeEventListener('keydown', key);
  };
}

/** An hour where somebody tapped. */
export function tapped(event: MouseEvent): Span | undefined {
  const lane = laneAt(event.clientX, event.clientY);
  if (!lane) return undefined;
  const starts = Math.floor(timeAt(lane, event.clientY) / (2 * STEP)) * 2 * STEP;
  return { rig: lane.rig, starts, ends: Math.min(starts + HOUR, lane.day + hours.peek().until) };
}
