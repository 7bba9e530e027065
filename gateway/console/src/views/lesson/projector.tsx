/** One rig for a whole room: large type, nothing to press but the way back. */
import { useEffect } from 'preact/hooks';
import { ConditionMark } from '../../components/condition';
import { Curve, fetchCurve } from '../../components/curve-panel';
import { Icon } from '../../components/icon';
import { isLive } from '../../components/line-banner';
import { grade, QualityMark } from '../../components/quality';
import { quantity } from '../../format/number';
import { countdown } from '../../format/time';
import { t, titleOf } from '../../i18n';
import { chosenFor } from '../../state/curve';
import { followBookings, liveOn } from '../../state/lab';
import { looking, lookAt, type LivePoint, type Rig } from '../../state/rig';
import { go } from '../../state/route';
import { now } from '../../state/ticker';
import { Presses } from './presses';
import { Hands } from './hands';
import { lessonOf } from './lesson';
import { l } from './words';

const VALUES = 6, PRESSES = 6, MINUTES = 1;

function Measured({ live }: { live: LivePoint }) {
  const { point, value: { value } } = live;
  const of = grade(value);
  const shown = value?.time && of !== 'bad' ? quantity(value.number, point.unit) : { number: '—', unit: '' };
  return (
    <li class={of} data-point={point.name} data-quality={of}>
      <span class="title">{titleOf(point)}</span>
      <span class="value"><b>{shown.number}</b> {shown.unit}</span>
      <QualityMark value={value} />
    </li>
  );
}

function Head({ rig }: { rig: Rig }) {
  const status = rig.status.value;
  const code = liveOn(rig.name)?.join_code;
  const controller = status?.controller_name;
  return (
    <header>
      <div class="row spread">
        <h1 class="grow">{rig.detail.value?.rig ? titleOf(rig.detail.value.rig) : rig.name}</h1>
        <button type="button" class="quiet" aria-label={l('projector.back')} title={l('projector.back')} onClick={() => go('rig', rig.name)}>
          <Icon name="cross" /></button>
      </div>
      <div class="facts">
        <ConditionMark status={status} />
        <span class="mark">{controller ? t('session.other', { name: controller }) : t('session.nobody')}</span>
        {status && status.session > 0 && <span class="mark countdown"><Icon name="clock" />{countdown(status.ends - now.value)}</span>}
        {code && <span class="mark">{l('projector.code')} <b class="code">{code}</b></span>}
      </div>
    </header>
  );
}

export function ProjectorView({ of }: { of: string }) {
  lookAt(of);
  const rig = looking.value!;
  useEffect(() => followBookings(), [of]); // for the code
  if (rig.heardAt.value) fetchCurve();
  const Drawn = Curve.value;
  const lines = chosenFor(rig).value.map((name) => rig.point(name)).filter((live) => live !== undefined);
  const live = Boolean(rig.status.value?.session);
  return (
    <main class={`projector ${isLive() ? '' : 'not-live'}`}>
      <Head rig={rig} />
      <div class="halves">
        <div class="stack">
          <ul class="large-values">{rig.numbers.value.filter(({ point }) => point.poll > 0).slice(0, VALUES).map((each) =>
            <Measured key={each.point.name} live={each} />)}</ul>
          {Drawn && lines.length > 0 && <Drawn lines={lines} minutes={MINUTES} large
            label={t('curve.label', { points: lines.map(({ point }) => titleOf(point)).join(', '), minutes: MINUTES })} />}
        </div>
        <div class="stack">
          {live ? <>
            <h2>{l('pressed')}</h2>
            <Presses lesson={lessonOf(rig)} most={PRESSES} />
            <h2>{l('hands')}</h2>
            <Hands lesson={lessonOf(rig)} />
          </> : <p>{l('projector.none')}</p>}
        </div>
      </div>
    </main>
  );
}
