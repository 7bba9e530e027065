import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { clockSeconds } from '../format/time';
import { t, titleOf } from '../i18n';
import { chosenFor } from '../state/curve';
import type { LivePoint, Rig } from '../state/rig';
import { wallOf } from '../state/ticker';
import { Chips } from './chips';

export interface CurveProps {
  lines: LivePoint[];
  minutes: number;
  label: string;
  /** For who sits at the other end of a room. */
  large?: boolean;
}

const MINUTES = [1, 5, 10];
/** How far back they go. */
export const minutes = signal(1);
/** Drawing comes after the first values: it is half of the page's bytes. */
export const Curve = signal<FunctionComponent<CurveProps> | undefined>(undefined);
let asked = false;

export function fetchCurve(): void {
  if (asked) return;
  asked = true;
  import('./curve').then((module) => { Curve.value = module.Curve; }, () => { asked = false; });
}

export function CurvePanel({ rig }: { rig: Rig }) {
  const lines = chosenFor(rig).value.map((name) => rig.point(name)).filter((live) => live !== undefined);
  if (!rig.numbers.value.length) return null;
  if (rig.heardAt.value) fetchCurve();
  const Drawn = Curve.value;
  const names = lines.map(({ point }) => titleOf(point)).join(', ');
  return (
    <section class="card stack">
      <h2>{t('curve.title')}</h2>
      <div class="curve">
        {!lines.length ? <p class="faint">{t('curve.empty')}</p>
          : Drawn && <Drawn lines={lines} minutes={minutes.value} label={t('curve.label', { points: names, minutes: minutes.value })} />}
      </div>
      {rig.goneUntil.value > 0 && <p class="faint" role="status" data-gap>{t('curve.gone', { time: clockSeconds(wallOf(rig.goneUntil.value)) })}</p>}
      <Chips label={t('curve.title')} of={MINUTES} chosen={minutes} text={(each) => t('curve.minutes', { minutes: each })} />
    </section>
  );
}
