import { titleOf, word } from '../i18n';
import type { ControlProps } from './controls';
import { grade } from './quality';

/** Two words side by side; the one that the plant shows is set off, whatever was pressed. */
export function SwitchControl({ live, shown, disabled, press }: ControlProps) {
  const { point } = live;
  const value = shown.value.value;
  const is = grade(value) === 'bad' ? undefined : value!.number !== 0;
  return (
    <div class="segments" role="group" aria-label={titleOf(point)}>
      {[false, true].map((wish) => (
        <button type="button" aria-pressed={is === wish} disabled={disabled} onClick={() => press(wish)}>
          {word(wish ? point.on || 'on' : point.off || 'off')}</button>
      ))}
    </div>
  );
}
