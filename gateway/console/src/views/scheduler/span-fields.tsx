/** Rig, begin and end, typed: the way of the keyboard, and of fingers that would rather not drag. */
import type { Signal } from '@preact/signals';
import { titleOf } from '../../i18n';
import { all, type Span } from './state';
import { STEP, typed, untyped } from './time';
import { w } from './words';

function Moment({ label, time, set }: { label: string; time: number; set: (time: number) => void }) {
  return (
    <label class="grow">{label}
      <input type="datetime-local" step={STEP / 1000} value={typed(time)}
        onInput={(event) => {
          const next = untyped(event.currentTarget.value);
          if (!Number.isNaN(next)) set(next);
        }} />
    </label>
  );
}

export function SpanFields({ span, withRig = true }: { span: Signal<Span>; withRig?: boolean }) {
  const { rig, starts, ends } = span.value;
  return (
    <>
      {withRig && <label>{w('rig')}
        <select value={rig} onChange={(event) => { span.value = { ...span.value, rig: event.currentTarget.value }; }}>
          {all.value.map((each) => <option value={each.name}>{titleOf(each)}</option>)}
        </select>
      </label>}
      <div class="moments">
        <Moment label={w('from')} time={starts} set={(next) => { span.value = { ...span.value, starts: next, ends: next + ends - starts }; }} />
        <Moment label={w('until')} time={ends} set={(next) => { span.value = { ...span.value, ends: next }; }} />
      </div>
    </>
  );
}
