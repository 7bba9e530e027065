import { useEffect, useRef } from 'preact/hooks';
import { span } from '../format/time';
import { t } from '../i18n';
import { announce } from '../state/announce';
import { bus } from '../state/bus';
import { looking } from '../state/rig';
import { now } from '../state/ticker';
import { Icon } from './icon';

/** A question of the line's after 2 s of silence is unanswered: what is shown is no longer live, whatever the socket says. */
const OLD_AFTER = 4_000; // ms

/** How old what is shown is at most, ms. */
const age = () => performance.now() - bus.line.heardAt;

/** Whether what is shown of the rig is live. */
export function isLive(): boolean {
  void now.value;
  return bus.line.state.value === 'open' && age() < OLD_AFTER;
}

export function LineBanner() {
  void now.value;
  const state = bus.line.state.value;
  const old = looking.value?.detail.value !== undefined && !isLive();
  const was = useRef(state);
  useEffect(() => {
    if (was.current === 'open' && state === 'lost') announce(t('announce.lost'), true);
    if (was.current !== 'open' && state === 'open' && bus.line.received > 0) announce(t('announce.back'));
    if (state !== 'opening') was.current = state;
  }, [state]);
  if (state === 'open' && !old) return null;
  if (state === 'opening' && bus.line.received === 0) return null; // the first moment
  return (
    <div class="banner abnormal line-banner" role="status">
      <Icon name="warning" />
      <span class="grow">{old ? t('line.old', { age: span(age()) }) : t('line.waiting')}</span>
    </div>
  );
}
