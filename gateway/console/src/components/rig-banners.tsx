import { Condition, type RigStatus } from 'lab.proto';
import { t, titleOf } from '../i18n';
import { rigWhy, said } from '../i18n/sentences';
import { isStaff } from '../state/identity';
import type { Rig } from '../state/rig';
import { Icon } from './icon';

interface Sentence {
  text: string;
  reset?: boolean;
  calm?: boolean;
}

const DOWN = [[Condition.UNAVAILABLE, 'unavailable.is'], [Condition.QUARANTINED, 'quarantined.is']] as const;

/** Why nothing can be done now, most serious first. */
function sentences(status: RigStatus): Sentence[] {
  const found: Sentence[] = [];
  const { why, condition } = status;
  if (status.locked_out) found.push({ text: t('locked.is', { why: rigWhy(status) }) });
  if (status.stopped) found.push({ text: t('stop.is'), reset: true });
  if (status.trips.length) found.push({ text: t('reset.trip', { trips: status.trips.join(', ') }), reset: !status.stopped });
  const down = DOWN.find(([of]) => of === condition)?.[1];
  if (down) found.push({ text: status.locked_out ? t(down, { why: '' }).replace(/[:：] ?$/, '') : t(down, { why: said(why) }) });
  else if (why && !status.locked_out) found.push({ text: t('local.is', { why: said(why) }) });
  if (condition === Condition.MAKING_SAFE) found.push({ text: t('making-safe.is'), calm: true });
  if (status.proof?.overdue) found.push({ text: t('proof.overdue', { why: said(status.proof.why) }), calm: true });
  return found;
}

export function RigBanners({ rig }: { rig: Rig }) {
  const status = rig.status.value;
  if (!status) return null;
  const mayReset = rig.seat.id.value !== 0 || isStaff();
  const summary = rig.detail.value?.rig;
  return (
    <>
      {summary?.practice_of && <p class="banner simulated"><Icon name="eye" />
        <span class="grow">{t('simulation.is', { rig: titleOf(summary) })}</span></p>}
      {sentences(status).map(({ text, reset, calm }) => (
        <div class={`banner ${calm ? '' : 'abnormal'}`} key={text}>
          <Icon name={calm ? 'clock' : 'warning'} />
          <span class="grow">{text}</span>
          {reset && mayReset && <button type="button" onClick={() => void rig.seat.reset()}>{t('reset')}</button>}
        </div>
      ))}
    </>
  );
}
