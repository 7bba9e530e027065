/** The screen: a canvas that is drawn when something changed, at most once a frame, and the gestures on it. */
import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { isLive } from '../../components/line-banner';
import { numberText } from '../../format/number';
import { titleOf } from '../../i18n';
import { said } from '../../i18n/sentences';
import { span } from '../../format/time';
import { bus } from '../../state/bus';
import { Painter, type Size } from './draw';
import { Gestures } from './gestures';
import { CursorReadout, Handles } from './handles';
import { DIVISIONS } from './instrument';
import { press } from './keys';
import type { ScopeState } from './state';
import { s } from './words';

const AGED_EVERY = 250; // ms
/** Then a trace says how old it is: a slow line's oscilloscope is read every few seconds. */
const OLD_AFTER = 3_000; // ms

/** Draws after what it reads has changed, once a frame. */
function painted(canvas: HTMLCanvasElement, state: ScopeState, size: () => Size): () => void {
  const painter = new Painter(canvas.getContext('2d', { alpha: false, willReadFrequently: true })!); // which is: made of pixels
  let asked = 0;
  const paint = () => {
    asked = 0;
    const { width, height } = size();
    const ratio = Math.min(devicePixelRatio || 1, 2);
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    painter.draw(state, { width, height }, ratio, isLive());
  };
  const stop = effect(() => {
    // What the picture is of; reading it here asks for a new one.
    void [size(), state.live.traces.value, state.mode.value, state.shown.value, isLive()];
    const { timeScale, timeOffset } = state.instrument.value ?? {};
    void [state.value(timeScale, 0), state.value(timeOffset, 0)];
    for (const channel of state.shown.value) void [state.value(channel.scale, 0), state.value(channel.offset, 0)];
    asked ||= requestAnimationFrame(paint);
  });
  return () => {
    stop();
    cancelAnimationFrame(asked);
  };
}

function description(state: ScopeState): string {
  const instrument = state.instrument.value;
  const channels = state.shown.value.map((channel) =>
    s('describe.channel', { channel: titleOf(channel.title), scale: numberText(state.value(channel.scale, 1), channel.unit) }));
  return s('describe', { channels: channels.join(', '), time: numberText(state.value(instrument?.timeScale, 1e-3), 's') });
}

export function Screen({ state }: { state: ScopeState }) {
  const box = useRef<HTMLDivElement>(null), canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const tooOld = useSignal(0);
  useEffect(() => {
    const element = box.current!;
    const measure = () => { size.value = { width: element.clientWidth, height: element.clientHeight }; };
    const sized = new ResizeObserver(measure);
    sized.observe(element);
    measure();
    const gestures = new Gestures(state, element);
    const stop = painted(canvas.current!, state, () => size.value);
    const aging = setInterval(() => {
      const of = state.live.newest ? bus.clock.age(state.live.newest) : 0;
      canvas.current!.dataset['age'] = String(Math.round(of));
      canvas.current!.dataset['frames'] = String(state.live.frames);
      tooOld.value = of > OLD_AFTER ? Math.round(of / 1000) * 1000 : 0;
    }, AGED_EVERY);
    return () => {
      stop();
      clearInterval(aging);
      gestures.close();
      sized.disconnect();
    };
  }, [state]);
  const why = state.why.value;
  const empty = !state.shown.value.length;
  return (
    <>
      <div class="scope-screen" ref={box} tabIndex={0} role="application" aria-roledescription={s('title')} aria-label={description(state)}
        aria-describedby="scope-keys" onKeyDown={(event) => press(state, event)}
        style={{ aspectRatio: `${DIVISIONS.across} / ${DIVISIONS.up}` }}>
        <canvas ref={canvas} />
        <Handles state={state} size={size.value} />
        {(why || empty) && <p class="scope-why" role="status">{empty ? s('no-channel') : s('why', { why: said(why) })}</p>}
        {isLive() && !why && tooOld.value > 0 && <p class="scope-why" role="status">{s('age', { age: span(tooOld.value) })}</p>}
        {!isLive() && <p class="scope-why" role="status">{s('old')}</p>}
      </div>
      <p id="scope-keys" class="unseen">{s('keys')}</p>
      <CursorReadout state={state} />
    </>
  );
}
