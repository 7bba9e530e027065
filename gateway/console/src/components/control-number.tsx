import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Type, type Point } from 'lab.proto';
import { digits, numberText, unitText } from '../format/number';
import { t, titleOf } from '../i18n';
import type { ControlProps } from './controls';

const STEPS = 100;
/** A range of many decades (a frequency) is typed; a slider would jump over most of it. */
const DECADES_MOST = 1e5;

function isSlidable({ minimum, maximum }: Point): boolean {
  if (!(maximum > minimum) || !Number.isFinite(maximum - minimum)) return false;
  return minimum <= 0 ? maximum - minimum < DECADES_MOST : maximum / minimum < DECADES_MOST;
}

/** About a hundred steps of 1, 2 or 5. */
function stepOf({ minimum, maximum, type }: Point): number {
  const raw = (maximum - minimum) / STEPS;
  const decade = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * decade).find((each) => each >= raw * 0.999) ?? raw;
  return type === Type.INTEGER ? Math.max(1, Math.round(step)) : step;
}

function Facts({ point }: { point: Point }) {
  const { minimum: low, maximum: high, unit, slew } = point;
  const bounded = Number.isFinite(low) && Number.isFinite(high) && high > low;
  const facts = [
    bounded && t('control.range', { low: numberText(low, unit), high: numberText(high, unit) }),
    slew > 0 && t('control.slew', { slew: numberText(slew, unit) }),
  ].filter(Boolean);
  return <p class="faint small">{facts.join(' · ')}</p>;
}

export function NumberControl({ live, shown, disabled, press }: ControlProps) {
  const { point } = live;
  const setpoint = live.value.value?.time ? live.value.value.number : shown.value.value?.number ?? point.safe;
  const draft = useSignal('');
  const editing = useSignal(false);
  useEffect(() => {
    if (!editing.value) draft.value = digits(setpoint, 6);
  }, [setpoint, editing.value]);

  const send = (wish: number) => {
    editing.value = false;
    if (Number.isFinite(wish)) press(wish);
  };
  const number = Number(draft.value.replace(',', '.'));
  const title = titleOf(point);
  const slide = (event: Event) => {
    editing.value = true;
    draft.value = (event.currentTarget as HTMLInputElement).value;
  };
  return (
    <form class="stack tight" onSubmit={(event) => { event.preventDefault(); send(number); }}>
      {isSlidable(point) && <input type="range" aria-label={title} disabled={disabled} min={point.minimum} max={point.maximum}
        step={stepOf(point)} value={Number.isFinite(number) ? number : setpoint}
        aria-valuetext={numberText(number, point.unit)} onInput={slide}
        onChange={(event) => send(Number(event.currentTarget.value))} />}
      <div class="row">
        <label class="grow with-unit"><span class="unseen">{title}</span>
          <input inputMode="decimal" autocomplete="off" disabled={disabled} value={draft.value} onInput={slide} />
          <span>{unitText(point.unit)}</span></label>
        <button disabled={disabled}>{t('control.set')}</button>
      </div>
      <Facts point={point} />
    </form>
  );
}
