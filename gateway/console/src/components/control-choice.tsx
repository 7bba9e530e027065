import { titleOf, word } from '../i18n';
import type { ControlProps } from './controls';
import { grade } from './quality';

const SIDE_BY_SIDE = 4;

export function ChoiceControl({ live, shown, disabled, press }: ControlProps) {
  const { point } = live;
  const value = shown.value.value;
  const is = grade(value) === 'bad' ? undefined : value!.number;
  if (point.choices.length > SIDE_BY_SIDE) {
    return (
      <select aria-label={titleOf(point)} disabled={disabled} value={String(is ?? '')}
        onChange={(event) => press(Number(event.currentTarget.value))}>
        {is === undefined && <option value="">—</option>}
        {point.choices.map(({ name, number }) => <option value={String(number)}>{word(name)}</option>)}
      </select>
    );
  }
  return (
    <div class="segments" role="group" aria-label={titleOf(point)}>
      {point.choices.map(({ name, number }) => (
        <button type="button" aria-pressed={is === number} disabled={disabled} onClick={() => press(number)}>{word(name)}</button>
      ))}
    </div>
  );
}
