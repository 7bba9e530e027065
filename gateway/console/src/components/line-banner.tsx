import { useEffect, useRef } from 'preact/hooks';
import { span } from '../format/time';
import { t } from '../i18n';
import { announce } from '../state/announce';
import { bus } from '../state/bus';
import { looking } from '../state/rig';
import { now } from '../state/ticker';
import { Icon } from './icon';

/** Two beats of the gateway's are missing: what is shown is no longer live, whatever the socket says. */
export const OLD_AFTER = 6_000; // ms; a watch is answered at least every 5 s

/** Whether what is shown of the rig is live. */
export function isLive(): boolean {
  void now.value;
  return bus.line.state.value === 'open' && (looking.value?.age ?? 0) < OLD_AFTER;
}

export function LineBanner() {
  void now.value;
  const state = bus.line.state.value;
  const rig = looking.value;
  const age = rig?.heardAt.value ? rig.age : Infinity;
  const old = Number.isFinite(age) && (state !== 'open' || age > OLD_AFTER);
  const was = useRef(state);
  useEffect(() => {
    if (was.current === 'open' && state === 'lost') announce(t('announce.lost'), true);
    if (was.current !== 'open' && state === 'open' && bus.line.received > 0) announce(t('announce.back'));
    if (state !== 'opening') was.current = state;
  }, [state]);
  if (state === 'open' && !old) return null;
  if (state === 'opening' && bus.line.received === 0) return null; // the first moment
  return (
    <div class="banner abnormal" role="status">
      <Icon name="warning" />
      <span>{old ? t('line.old', { age: span(age) }) : t('line.waiting')}</span>
    </div>
  );
}
