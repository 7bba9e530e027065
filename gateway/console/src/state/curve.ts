/** Which values of a rig are drawn. */
import { signal, type Signal } from '@preact/signals';
import type { Rig } from './rig';

const MOST = 3; // more curves than that cannot be told apart on a phone
const chosen = new WeakMap<Rig, Signal<string[]>>();

export function chosenFor(rig: Rig): Signal<string[]> {
  let names = chosen.get(rig);
  if (!names) {
    const first = rig.numbers.peek().find(({ point }) => point.poll > 0);
    names = signal(first ? [first.point.name] : []);
    if (first) chosen.set(rig, names);
  }
  return names;
}

export function toggleChosen(rig: Rig, name: string): void {
  const names = chosenFor(rig);
  names.value = names.value.includes(name)
    ? names.value.filter((each) => each !== name)
    : [...names.value, name].slice(-MOST);
}
