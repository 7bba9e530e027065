import { effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { announce } from '../state/announce';
import type { Rig } from '../state/rig';
import { conditionText } from './condition';

/** Tells a screen reader what a sighted person notices by itself. */
export function useRigAnnouncements(rig: Rig): void {
  useEffect(() => {
    let before: { text: string; trips: number; stopped: boolean; mine: boolean } | undefined;
    return effect(() => {
      const status = rig.status.value;
      if (!status) return;
      const now = { text: conditionText(status), trips: status.trips.length, stopped: status.stopped, mine: rig.seat.inControl.value };
      if (before && now.trips > before.trips) announce(t('announce.trip', { trips: status.trips.join(', ') }), true);
      else if (before && now.stopped && !before.stopped) announce(t('announce.stop'), true);
      else if (before && now.mine && !before.mine) announce(t('announce.control'));
      else if (before && now.text !== before.text) announce(t('announce.condition', { condition: now.text }));
      before = now;
    });
  }, [rig]);
}
