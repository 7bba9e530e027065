/** What is grasped on the screen: trigger level and position, where each channel's zero is, cursors. Sliders, so that keys
 * move them too. */
import { effect, untracked, useComputed, type ReadonlySignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { numberText } from '../../format/number';
import { titleOf } from '../../i18n';
import type { LivePoint } from '../../state/rig';
import { colourOf, View, type Size } from './draw';
import { DIVISIONS, triggered, type Channel } from './instrument';
import { usePaced } from './paced';
import type { CursorName, ScopeState } from './state';
import { s } from './words';

interface HandleProps {
  kind: string;
  label: string;
  /** What `value` reads: after a choice or a new configuration it is another one. */
  whose?: Channel | LivePoint | undefined;
  value: () => number;
  unit: string;
  way: 'x' | 'y';
  /** Pixels from the screen's left or top. */
  at: () => number;
  size: Size;
  disabled?: boolean;
  colour?: string;
  mark: string;
  /** To so many pixels; `done`: it was let go. */
  move: (to: number, done: boolean) => void;
}

const STEPS = 100; // a key moves by one, with Page by ten
const READ_EVERY = 200; // ms

/** A drag moves the element itself; what is read of it follows at a reader's pace. It is moved as an animation that stands still, a pixel in each
 * millisecond: that goes to the compositor as it is, where another transform makes Chromium look anew for what lies over what. */
function Handle({ kind, label, whose, value, unit, way, at, size, disabled, colour, mark, move }: HandleProps) {
  const element = useRef<HTMLDivElement>(null), grasp = useRef<number | undefined>(undefined);
  const length = way === 'x' ? size.width : size.height;
  const within = (to: number) => Math.min(length, Math.max(0, to));
  const read = usePaced(untracked(value), value, READ_EVERY, whose);
  const moved = useRef<Animation | undefined>(undefined);
  useLayoutEffect(() => {
    const along = (pixels: number) => `translate${way.toUpperCase()}(${pixels}px)`;
    const animation = element.current!.animate({ transform: [along(0), along(length)] }, { duration: length, fill: 'both' });
    animation.pause();
    moved.current = animation;
    return () => animation.cancel();
  }, [way, length]);
  useLayoutEffect(() => effect(() => { moved.current!.currentTime = Math.round(within(at())); }));
  const of = (event: PointerEvent) => way === 'x' ? event.clientX : event.clientY;
  const down = (event: PointerEvent) => {
    if (disabled) return;
    event.stopPropagation();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    grasp.current = untracked(at) - of(event);
  };
  const drag = (event: PointerEvent, done: boolean) => {
    if (grasp.current === undefined) return;
    event.stopPropagation();
    move(within(of(event) + grasp.current), done);
    if (done) grasp.current = undefined;
  };
  const key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: way === 'y' ? -1 : 1, ArrowDown: way === 'y' ? 1 : -1,
      PageUp: way === 'y' ? -10 : 10, PageDown: way === 'y' ? 10 : -10 }[event.key];
    if (!by || disabled) return;
    event.preventDefault();
    event.stopPropagation();
    move(within(at() + by * length / STEPS), true);
  };
  return (
    <div ref={element} role="slider" tabIndex={0} class={`handle ${kind}`} data-handle={kind} aria-label={label} aria-valuenow={read}
      aria-valuetext={useComputed(() => numberText(read.value, unit))} aria-orientation={way === 'x' ? 'horizontal' : 'vertical'} aria-disabled={disabled}
      style={{ '--handle': colour ?? '#fff' }} onPointerDown={down} onPointerMove={(event) => drag(event, false)}
      onPointerUp={(event) => drag(event, true)} onPointerCancel={(event) => drag(event, true)} onKeyDown={key}><span aria-hidden="true">{mark}</span></div>
  );
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function Zero({ state, view, channel }: { state: ScopeState; view: View; channel: Channel }) {
  return (
    <Handle kind="zero" label={s('offset.of', { channel: titleOf(channel.title) })} whose={channel} value={() => state.value(channel.offset, 0)} unit={channel.unit}
      way="y" at={() => view.y(channel, 0)} size={view.size} disabled={!state.mayPress || !channel.offset} colour={colourOf(channel)} mark={channel.label}
      move={(to, done) => {
        state.choose(channel);
        state.draft(channel.offset, round((0.5 - to / view.size.height) * DIVISIONS.up * state.value(channel.scale, 1)));
        if (done) void state.release(channel.offset);
      }} />
  );
}

function Trigger({ state, view }: { state: ScopeState; view: View }) {
  const instrument = state.instrument.value!;
  const source = triggered(instrument);
  const { level, timeOffset } = instrument;
  if (!source) return null;
  const value = () => state.value(level, 0);
  return (
    <>
      {level && <Handle kind="level" label={s('level')} whose={level} value={value} unit={source.unit} way="y" at={() => view.y(source, value())}
        size={view.size} disabled={!state.mayPress} colour={colourOf(source)} mark="T"
        move={(to, done) => {
          state.draft(level, round(view.volts(source, to)));
          if (done) void state.release(level);
        }} />}
      {timeOffset && <Handle kind="position" label={s('position')} value={() => view.timeOffset} unit="s" way="x"
        at={() => view.x(0)} size={view.size} disabled={!state.mayPress} mark="▼"
        move={(to, done) => {
          state.draft(timeOffset, round((0.5 - to / view.size.width) * DIVISIONS.across * view.timeScale));
          if (done) void state.release(timeOffset);
        }} />}
    </>
  );
}

const ways: Record<CursorName, 'x' | 'y'> = { t1: 'x', t2: 'x', v1: 'y', v2: 'y' };

/** Each by itself: with a frame of a drag one of them is made anew, and not four. */
function Cursor({ state, view, name, channel }: { state: ScopeState; view: View; name: CursorName; channel: Channel }) {
  const way = ways[name], length = way === 'x' ? view.size.width : view.size.height;
  const at = () => state.cursor[name].value * length;
  return (
    <Handle kind={`cursor ${name}`} label={s(`cursor.${name}`)} whose={channel} value={() => way === 'x' ? view.time(at()) : view.volts(channel, at())} way={way}
      at={at} size={view.size} unit={way === 'x' ? 's' : channel.unit} mark={name.toUpperCase()}
      move={(to) => { state.cursor[name].value = to / length; }} />
  );
}

function Cursors({ state, view }: { state: ScopeState; view: View }) {
  const channel = state.channel.value;
  if (!channel) return null;
  return <>{(Object.keys(ways) as CursorName[]).map((name) => <Cursor key={name + channel.name} state={state} view={view} name={name} channel={channel} />)}</>;
}

export function Handles({ state, size }: { state: ScopeState; size: Size }) {
  if (!state.instrument.value || state.mode.value !== 'time' || !size.width) return null;
  const view = new View(state, size);
  return (
    <>
      {state.shown.value.map((channel) => <Zero key={channel.name} state={state} view={view} channel={channel} />)}
      <Trigger state={state} view={view} />
      {state.cursors.value && <Cursors state={state} view={view} />}
    </>
  );
}

function Figure({ name, rows }: { name: string; rows: ReadonlySignal<[string, string][]> }) {
  return <div><dt>{name}</dt><dd>{useComputed(() => new Map(rows.value).get(name))}</dd></div>;
}

/** Between the cursors, in words. Nobody reads figures sixty times a second. */
export function CursorReadout({ state }: { state: ScopeState }) {
  const rows = usePaced([], () => betweenCursors(state), READ_EVERY);
  const names = useComputed(() => rows.value.map(([name]) => name).join()).value;
  if (!names) return null;
  return <dl class="readout" data-readout="cursors">{names.split(',').map((name) => <Figure key={name} name={name} rows={rows} />)}</dl>;
}

function betweenCursors(state: ScopeState): [string, string][] {
  const channel = state.channel.value;
  if (!state.cursors.value || !channel || state.mode.value !== 'time') return [];
  const view = new View(state, { width: 1, height: 1 }); // cursors are shares
  const [t1, t2, v1, v2] = [view.time(state.cursor.t1.value), view.time(state.cursor.t2.value),
    view.volts(channel, state.cursor.v1.value), view.volts(channel, state.cursor.v2.value)];
  const dt = Math.abs(t2 - t1);
  return [
    ['Δt', numberText(dt, 's')], ['1/Δt', dt ? numberText(1 / dt, 'Hz') : '—'], ['ΔV', numberText(v2 - v1, channel.unit)],
    ['T1', numberText(t1, 's')], ['T2', numberText(t2, 's')], ['V1', numberText(v1, channel.unit)], ['V2', numberText(v2, channel.unit)],
  ];
}
