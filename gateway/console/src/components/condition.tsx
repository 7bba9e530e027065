import { Condition, type RigStatus } from 'lab.proto';
import { t, type Key } from '../i18n';
import { Icon, type IconName } from './icon';

/** The word for what a rig is in, the most serious first. */
export function conditionText(status: RigStatus): string {
  if (status.stopped) return t('condition.stopped');
  if (status.locked_out) return t('condition.locked');
  if (status.trips.length) return t('condition.tripped', { trips: status.trips.join(', ') });
  return t(`condition.${status.condition}` as Key);
}

export const isAbnormal = (status: RigStatus) =>
  status.stopped || status.locked_out || status.trips.length > 0
  || status.condition === Condition.UNAVAILABLE || status.condition === Condition.QUARANTINED;

/** Colour only for what is abnormal, and never colour alone. */
export function ConditionMark({ status }: { status: RigStatus | undefined }) {
  if (!status) return null;
  const abnormal = isAbnormal(status);
  const icon: IconName = status.locked_out ? 'lock' : abnormal ? 'warning'
    : status.condition === Condition.SAFE ? 'check' : status.condition === Condition.CONTROLLED ? 'person' : 'clock';
  return <span class={`mark ${abnormal ? 'abnormal' : ''}`}><Icon name={icon} />{conditionText(status)}</span>;
}
