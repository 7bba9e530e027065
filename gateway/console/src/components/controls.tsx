import { Role, Type, type Point } from 'lab.proto';
import { valueText } from '../format/number';
import { ruleName, t, titleOf } from '../i18n';
import { isTechnician } from '../state/identity';
import type { Wish } from '../state/commands';
import type { LivePoint, Rig } from '../state/rig';
import { ChoiceControl } from './control-choice';
import { NumberControl } from './control-number';
import { SwitchControl } from './control-switch';
import { TextControl } from './control-text';
import { Icon } from './icon';
import { PressMark } from './press-mark';
import { QualityMark } from './quality';

export interface ControlProps {
  live: LivePoint;
  /** What shows that it happened; the point itself where it has no other. */
  shown: LivePoint;
  disabled: boolean;
  press: (wish: Wish) => void;
}

/** From a point's type to what is pressed. */
const kinds: Record<number, (props: ControlProps) => preact.JSX.Element> = {
  [Type.BOOLEAN]: SwitchControl,
  [Type.INTEGER]: NumberControl,
  [Type.NUMBER]: NumberControl,
  [Type.CHOICE]: ChoiceControl,
  [Type.TEXT]: TextControl,
};

/** The rule that would refuse it now, if it is not at its safe value already. */
function Blocked({ rig, point }: { rig: Rig; point: Point }) {
  const rule = rig.status.value?.blocked.find((each) => each.point === point.index)?.rule;
  if (!rule) return null;
  const text = rig.rulesOf(point).find(({ name }) => name === rule)?.text;
  return <p class="blocked"><Icon name="lock" /><span>{t('rules.blocked', { rule: ruleName(rule) })}{text && <code>{text}</code>}</span></p>;
}

/** In the words of the output: "open", where its read-back would say "on". */
function readbackText(point: Point, shown: LivePoint): string {
  const sameKind = shown.point.type === point.type && !shown.point.unit === !point.unit;
  return valueText(sameKind ? { ...point, unit: shown.point.unit } : shown.point, shown.value.value);
}

function Control({ rig, live }: { rig: Rig; live: LivePoint }) {
  const { point } = live;
  const { commands, inControl } = rig.seat;
  const Kind = kinds[point.type];
  const shown = rig.point(point.readback) ?? live;
  const press = (wish: Wish) => void commands.set(point, wish);
  if (!Kind) return null;
  return (
    <li class="control" data-point={point.name}>
      <div class="row spread">
        <h3>{titleOf(point)}</h3>
        <span class="value" data-readback={point.name}>{readbackText(point, shown)} <QualityMark value={shown.value.value} /></span>
      </div>
      <Blocked rig={rig} point={point} />
      <Kind live={live} shown={shown} disabled={!inControl.value} press={press} />
      <PressMark point={point} shown={shown} press={commands.of(point).value} again={press} />
    </li>
  );
}

/** What this person's role may set at all: a heartbeat is no control. */
const isOffered = ({ point }: LivePoint) => point.role !== Role.TECHNICIAN || isTechnician();

/** `of`: only these, where a view has others of its own. */
export function Controls({ rig, of = () => true }: { rig: Rig; of?: (live: LivePoint) => boolean }) {
  const shown = rig.outputs.value.filter(isOffered).filter(of);
  if (!shown.length) return null;
  return (
    <section class="card stack">
      <h2>{t('controls.title')}</h2>
      {!rig.seat.inControl.value && <p class="faint">{t('control.watching')}</p>}
      <ul class="controls">{shown.map((live) => <Control key={live.point.name} rig={rig} live={live} />)}</ul>
    </section>
  );
}
