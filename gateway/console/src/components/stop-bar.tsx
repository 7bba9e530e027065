import { t } from '../i18n';
import { bus } from '../state/bus';
import { isTechnician } from '../state/identity';
import type { Rig } from '../state/rig';
import { now } from '../state/ticker';
import { Icon } from './icon';
import { isLive, LineBanner } from './line-banner';

/** How the line does, and where the emergency stop always is. */
export function StopBar({ rig }: { rig: Rig }) {
  void now.value;
  const state = bus.line.state.value === 'open' && !isLive() ? 'silent' : bus.line.state.value;
  const trip = bus.clock.roundTrip;
  const mayStop = rig.seat.id.value !== 0 || isTechnician();
  return (
    <footer class="stop-bar">
      <LineBanner />
      <p class={`mark ${state === 'open' ? '' : 'abnormal'}`} data-lag={Math.round(rig.lag)} data-received={bus.line.received}
        data-sent={bus.line.sent}>
        <Icon name="line" />{t(`line.${state}`)}
        {state === 'open' && Number.isFinite(trip) && <span class="faint"> {t('line.delay', { ms: Math.round(trip) })}</span>}
      </p>
      {mayStop && <button type="button" class="stop" aria-label={t('stop.label')} onClick={() => void rig.seat.stop()}>{t('stop')}</button>}
    </footer>
  );
}
