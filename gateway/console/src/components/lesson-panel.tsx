/** Where more than one person is in a session it is a lesson; what shows that is fetched then. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { isSpectator, isStaff } from '../state/identity';
import type { Rig } from '../state/rig';

const Panel = signal<FunctionComponent<{ rig: Rig }> | undefined>(undefined);
let asked = false;

function fetchPanel(): void {
  if (asked) return;
  asked = true;
  import('../views/lesson').then(({ load }) => load()).then((loaded) => { Panel.value = loaded.Panel; }, () => { asked = false; });
}

export function LessonPanel({ rig }: { rig: Rig }) {
  const status = rig.status.value;
  if (!status?.session || (status.seats.length < 2 && !isStaff() && !isSpectator())) return null;
  if (rig.heardAt.value) fetchPanel();
  const Shown = Panel.value;
  return Shown ? <Shown rig={rig} /> : null;
}
