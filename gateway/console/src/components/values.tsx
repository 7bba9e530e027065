import { Type } from 'lab.proto';
import { quantity, valueText } from '../format/number';
import { t, titleOf } from '../i18n';
import { chosenFor, toggleChosen } from '../state/curve';
import type { LivePoint, Rig } from '../state/rig';
import { grade, QualityMark } from './quality';

/** A number, large. Pressing it shows it in the curve. */
function Tile({ rig, live }: { rig: Rig; live: LivePoint }) {
  const { point } = live;
  const value = live.value.value;
  const of = grade(value);
  const shown = value?.time ? quantity(value.number, point.unit) : { number: '—', unit: '' };
  return (
    <li>
      <button type="button" class={`tile ${of}`} aria-pressed={chosenFor(rig).value.includes(point.name)}
        title={t('curve.choose')} data-point={point.name} data-quality={of}
        onClick={() => toggleChosen(rig, point.name)}>
        <span class="title">{titleOf(point)}</span>
        {' '}<span class="value"><b>{of === 'bad' ? '—' : shown.number}</b> {of === 'bad' ? '' : shown.unit}</span>
        <QualityMark value={value} />
      </button>
    </li>
  );
}

/** A number that is polled is a measurement; one that never changes stands on the plate. */
const isMeasured = ({ point }: LivePoint) => point.poll > 0;

export function Values({ rig }: { rig: Rig }) {
  const shown = rig.numbers.value.filter(isMeasured);
  if (!shown.length) return null;
  return (
    <section class="card stack">
      <h2>{t('values.title')}</h2>
      <ul class="tiles">{shown.map((live) => <Tile key={live.point.name} rig={rig} live={live} />)}</ul>
    </section>
  );
}

function Line({ live }: { live: LivePoint }) {
  const { point } = live;
  const value = live.value.value;
  const of = grade(value);
  return (
    <li class={of} data-point={point.name} data-quality={of}>
      <span>{titleOf(point)}</span>
      <span class="value">{of === 'bad' ? '—' : valueText(point, value)} <QualityMark value={value} /></span>
    </li>
  );
}

export function States({ rig }: { rig: Rig }) {
  const shown = rig.inputs.value.filter((live) => !live.history && live.point.type !== Type.TEXT && isMeasured(live));
  if (!shown.length) return null;
  return (
    <section class="card stack">
      <h2>{t('states.title')}</h2>
      <ul class="lines">{shown.map((live) => <Line key={live.point.name} live={live} />)}</ul>
    </section>
  );
}

export function Plate({ rig }: { rig: Rig }) {
  const shown = rig.inputs.value.filter((live) =>
    (live.point.type === Type.TEXT || !isMeasured(live)) && live.value.value?.time);
  if (!shown.length) return null;
  return (
    <details class="card">
      <summary>{t('plate.title')}</summary>
      <ul class="lines">{shown.map((live) => <Line key={live.point.name} live={live} />)}</ul>
    </details>
  );
}
