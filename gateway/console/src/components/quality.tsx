import { Quality, type Value } from 'lab.proto';
import { span } from '../format/time';
import { t } from '../i18n';
import { bus } from '../state/bus';
import { now } from '../state/ticker';
import { Icon } from './icon';
import { isLive } from './line-banner';

export type Grade = 'good' | 'stale' | 'bad';

/** What a value is worth to who looks at it now: without a line everything is old. */
export function grade(value: Value | undefined): Grade {
  if (!value || !value.time || value.quality === Quality.BAD || value.quality === Quality.QUALITY_NOT_SAID) return 'bad';
  return value.quality === Quality.STALE || !isLive() ? 'stale' : 'good';
}

/** Words and a drawing for what is not good; nothing for what is. */
export function QualityMark({ value }: { value: Value | undefined }) {
  const of = grade(value);
  if (of === 'good') return null;
  void now.value;
  const age = value?.time ? t('quality.age', { age: span(bus.clock.age(value.time)) }) : t('quality.none');
  return (
    <span class={`mark small ${of === 'bad' ? 'abnormal' : ''}`}>
      <Icon name={of === 'bad' ? 'cross' : 'clock'} />{t(`quality.${of}`)}{value?.time || of === 'stale' ? ', ' + age : ''}
    </span>
  );
}
