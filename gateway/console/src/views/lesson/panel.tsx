/** The lesson beside the rig: hands, and what was pressed. */
import { useSignal } from '@preact/signals';
import type { Rig } from '../../state/rig';
import { go } from '../../state/route';
import { Presses } from './presses';
import { Hands, Rooms } from './hands';
import { lessonOf } from './lesson';
import { l } from './words';

const FEW = 8;

export function LessonPanel({ rig }: { rig: Rig }) {
  const lesson = lessonOf(rig);
  const all = useSignal(false);
  return (
    <section class="card stack lesson">
      <h2>{l('hands')}</h2>
      <Hands lesson={lesson} />
      <Rooms lesson={lesson} />
      <h2>{l('pressed')}</h2>
      <Presses lesson={lesson} most={all.value ? Infinity : FEW} />
      {all.value && lesson.gap.value && <p class="faint">{l('pressed.gap')}</p>}
      <div class="row">
        {!all.value && lesson.presses.value.length > FEW && <button type="button" onClick={() => { all.value = true; }}>{l('pressed.more')}</button>}
        <button type="button" onClick={() => go('projector', rig.name)}>{l('projector')}</button>
      </div>
    </section>
  );
}
