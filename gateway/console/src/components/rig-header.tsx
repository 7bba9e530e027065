import { countdown } from '../format/time';
import { t } from '../i18n';
import { isSpectator } from '../state/identity';
import type { Rig } from '../state/rig';
import { go } from '../state/route';
import { now } from '../state/ticker';
import { ConditionMark } from './condition';
import { Icon } from './icon';
import { knownTitle } from './last-seen';
import { Settings } from './settings';

function whoControls(rig: Rig): string {
  if (rig.seat.inControl.value) return t('session.you');
  const name = rig.status.value?.controller_name;
  return name ? t('session.other', { name }) : t('session.nobody');
}

export function RigHeader({ rig, back = () => go('') }: { rig: Rig; back?: () => void }) {
  const status = rig.status.value;
  const summary = rig.detail.value?.rig;
  return (
    <header class="rig-header">
      <div class="row spread">
        {!isSpectator() && <button type="button" class="quiet" aria-label={t('back')} title={t('back')} onClick={back}>
          <Icon name="back" /></button>}
        <h1 class="grow" title={knownTitle(rig)}>{knownTitle(rig)}</h1>
        <Settings />
      </div>
      <div class="facts">
        {summary?.practice_of && <span class="mark simulated"><Icon name="eye" />{t('simulation')}</span>}
        <ConditionMark status={status} />
        {status && <span class="mark">{whoControls(rig)}</span>}
        {status && status.session > 0 && <span class="mark countdown"><Icon name="clock" />
          {t('session.left', { left: countdown(status.ends - now.value) })}</span>}
      </div>
    </header>
  );
}
