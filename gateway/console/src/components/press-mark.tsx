import type { Point } from 'lab.proto';
import { pointText } from '../format/number';
import { reasonText, ruleName, t } from '../i18n';
import type { Press, Wish } from '../state/commands';
import type { LivePoint } from '../state/rig';
import { Icon } from './icon';
import { grade } from './quality';

/** Of the range: how near a read-back must come to be called there. */
const NEAR = 0.01;

function hasArrived(point: Point, wish: Wish, shown: LivePoint): boolean {
  const value = shown.value.value;
  return grade(value) === 'good' && Math.abs(value!.number - Number(wish)) <= (point.maximum - point.minimum) * NEAR;
}

/** A ramp shows no further answer; its end is seen. */
function settled(point: Point, press: Press | undefined, shown: LivePoint): Press | undefined {
  if (press?.state !== 'ramping' || !hasArrived(point, press.wish, shown)) return press;
  return { ...press, state: 'confirmed', done: { ...press.done, value: Number(press.wish) } };
}

/** What has become of the last press: sent, confirmed by read-back, or refused because of what. */
export function PressMark({ point, shown, press: last, again }: {
  point: Point; shown: LivePoint; press: Press | undefined; again: (wish: Wish) => void;
}) {
  const press = settled(point, last, shown);
  if (!press) return <p class="press" role="status" />;
  if (press.state === 'sent') return <p class="press" role="status" data-press="sent"><Icon name="send" />{t('press.sent')}</p>;
  if (press.state === 'refused') {
    const { rule, nearest } = press.refusal;
    return (
      <p class="press problem" role="status" data-press="refused" data-reason={press.refusal.reason}>
        <Icon name="cross" />
        <span class="grow">{t('press.refused', { why: reasonText(press.refusal) })}{rule && <> · {t('press.rule', { rule: ruleName(rule) })}</>}</span>
        {nearest !== undefined && <button type="button" onClick={() => again(nearest)}>
          {t('press.use', { value: pointText(point, nearest) })}</button>}
        {press.refusal.reason === 'too-old' && <button type="button" onClick={() => again(press.wish)}>{t('press.again')}</button>}
      </p>
    );
  }
  const value = pointText(point, press.state === 'ramping' ? Number(press.wish) : press.done.value);
  return (
    <p class="press" role="status" data-press={press.state}>
      <Icon name={press.state === 'ramping' ? 'send' : press.state === 'confirmed' ? 'check' : 'warning'} />
      {t(`press.${press.state}`, { value })}
    </p>
  );
}
