import { Condition } from 'lab.proto';
import { t } from '../i18n';
import { isSpectator, isStaff } from '../state/identity';
import { liveOn } from '../state/lab';
import { bus } from '../state/bus';
import type { Rig } from '../state/rig';
import { go } from '../state/route';
import { Icon } from './icon';

/** A simulator is given back with the seat. */
async function leave(rig: Rig): Promise<void> {
  const real = rig.detail.peek()?.rig?.practice_of;
  await rig.seat.leave();
  if (!real) return;
  await bus.ask({ practice: { rig: real, leave: true } }).catch(() => {});
  go('');
}

/** What this person can do about seat and control now: one main button at a time. */
export function SeatActions({ rig }: { rig: Rig }) {
  const status = rig.status.value;
  const { seat } = rig;
  if (!status || isSpectator()) return null;
  const real = rig.detail.value?.rig?.practice_of;
  if (!status.session && real)
    return <button type="button" class="main" onClick={() => go('practice', real)}>{t('rigs.practise')}</button>;
  if (!status.session) return <p class="faint">{t('session.none')}</p>;
  if (!seat.id.value) {
    // In somebody else's session staff look first: control is taken from them by a press of its own.
    const others = isStaff() && !liveOn(rig.name) && status.controller > 0;
    if (others) return <div class="row"><button type="button" class="main grow" onClick={() => void seat.join(false)}>{t('session.join')}</button></div>;
    return (
      <div class="row">
        <button type="button" class="main grow" onClick={() => void seat.join(true)}>
          {t(liveOn(rig.name) || isStaff() ? 'session.start' : 'session.join')}</button>
        {isStaff() && <button type="button" class="grow" onClick={() => void seat.join(false)}>{t('session.join')}</button>}
      </div>
    );
  }
  const ready = status.condition === Condition.SAFE || status.condition === Condition.GRANTING;
  const mayNotBegin = status.stopped || status.locked_out;
  const someoneElse = status.condition === Condition.CONTROLLED && !seat.inControl.value;
  return (
    <div class="row">
      {seat.inControl.value && <button type="button" class="grow" onClick={() => void seat.release()}>{t('session.release')}</button>}
      {!seat.inControl.value && seat.mayControl.value && (seat.wanting.value
        ? <p class="grow" role="status">{t(ready ? 'session.granting' : 'session.waiting')}</p>
        : <button type="button" class="main grow" disabled={mayNotBegin} onClick={() => someoneElse && isStaff() ? void seat.takeByForce() : seat.want()}>
          {t('session.take')}</button>)}
      {!seat.inControl.value && !seat.mayControl.value && <>
        <p class="grow">{t('session.watching')}</p>
        <button type="button" class="hand" aria-pressed={seat.handUp.value} onClick={() => void seat.raise(!seat.handUp.value)}>
          <Icon name="hand" /> {t(seat.handUp.value ? 'hand.lower' : 'hand.raise')}</button>
      </>}
      <button type="button" onClick={() => void leave(rig)}>{t('session.leave')}</button>
    </div>
  );
}
