import type { Interlock, RigStatus } from 'lab.proto';
import { ruleName, t, titleOf, type Key } from '../i18n';
import type { Rig } from '../state/rig';
import { Icon } from './icon';

type Standing = 'holds' | 'blocks' | '';

export function standing(rule: Interlock, status: RigStatus | undefined): Standing {
  if (status?.trips.includes(rule.name)) return 'holds';
  return status?.blocked.some((each) => each.rule === rule.name) ? 'blocks' : '';
}

function concerned(rig: Rig, rule: Interlock): string {
  return rule.points.map((name) => {
    const live = rig.point(name);
    return live ? titleOf(live.point) : name;
  }).join(', ');
}

/** The rules of the rig, those that bite now first. */
export function Interlocks({ rig }: { rig: Rig }) {
  const rules = rig.detail.value?.interlocks ?? [];
  const status = rig.status.value;
  const rows = rules.map((rule) => ({ rule, of: standing(rule, status) }))
    .sort((a, b) => Number(!!b.of) - Number(!!a.of));
  const biting = rows.filter(({ of }) => of).length;
  if (!rules.length) return null;
  return (
    <details class="card" open={rows.some(({ of }) => of === 'holds')}>
      <summary>{t('rules.title')} ({rules.length}){biting > 0 && <span class="mark"><Icon name="lock" />{biting}</span>}</summary>
      <ul class="lines rules">
        {rows.map(({ rule, of }) => (
          <li key={rule.name} class={of === 'holds' ? 'abnormal' : ''}>
            <div>
              <strong>{ruleName(rule.name)}</strong> <span class="faint">{t(`rules.${rule.kind}` as Key)}</span>
              {rule.text && <code>{rule.text}</code>}
              {rule.points.length > 0 && <span class="faint block">{t('rules.concerns', { points: concerned(rig, rule) })}</span>}
            </div>
            {of && <span class="mark"><Icon name={of === 'holds' ? 'warning' : 'lock'} />{t(`rules.${of}`)}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
