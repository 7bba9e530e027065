import { Outcome, type Press } from 'lab.proto';
import { Icon, type IconName } from '../../components/icon';
import { pointText } from '../../format/number';
import { clockSeconds } from '../../format/time';
import { ruleName, titleOf } from '../../i18n';
import { whyOf } from '../../i18n/reasons';
import { wallOf } from '../../state/ticker';
import type { Rig } from '../../state/rig';
import type { Lesson } from './lesson';
import { l } from './words';

const icons: Record<number, IconName> = {
  [Outcome.UNDER_WAY]: 'send', [Outcome.RAMPING]: 'send', [Outcome.VERIFIED]: 'check', [Outcome.SENT]: 'warning',
  [Outcome.REFUSED]: 'cross', [Outcome.FAILED]: 'cross', [Outcome.REPLACED]: 'back',
};

const reasonOf = ({ reason, rule }: Press) =>
  whyOf(reason) + (rule ? ` (${ruleName(rule)})` : '');

/** What was done, without who did it. */
function deed(rig: Rig, { kind, point: name, value, rule }: Press): string {
  const point = rig.point(name)?.point;
  const words = { rule, point: point ? titleOf(point) : name, value: point ? pointText(point, value) : String(value) };
  switch (kind) {
    case 'command': case 'grant': case 'revoke': case 'stop': case 'trip': case 'capture': case 'driven':
      return l(`pressed.${kind}`, words);
    case 'reset': return rule ? l('pressed.reset.rule', words) : l('pressed.reset');
    case 'time-limit': case 'total-limit': return l('pressed.limit', words);
    default: return kind;
  }
}

function Item({ rig, press }: { rig: Rig; press: Press }) {
  const icon = icons[press.outcome];
  const wrong = press.outcome === Outcome.REFUSED || press.outcome === Outcome.FAILED;
  return (
    <li data-kind={press.kind} data-outcome={press.outcome} data-point={press.point} class={wrong ? 'refused' : ''}>
      <span class="faint when">{clockSeconds(wallOf(press.time * 1e-9))}</span>
      <span class="grow">
        {!['trip', 'driven', 'time-limit', 'total-limit'].includes(press.kind) && <b>{press.who || l('pressed.gateway')} </b>}
        {deed(rig, press)}
        {press.times > 1 && <span class="faint"> · {l('pressed.times', { times: press.times })}</span>}
        {icon && <span class="outcome"><Icon name={icon} />{l(`outcome.${press.outcome}` as 'outcome.1', { why: reasonOf(press) })}</span>}
      </span>
    </li>
  );
}

/** Newest first. */
export function Presses({ lesson, most }: { lesson: Lesson; most: number }) {
  const presses = lesson.presses.value;
  if (!presses.length) return <p class="faint">{l('pressed.none')}</p>;
  return (
    <div role="log" aria-label={l('pressed')}>
      <ol class="presses">{presses.slice(-most).reverse().map((press) => <Item key={press.number} rig={lesson.rig} press={press} />)}</ol>
    </div>
  );
}
