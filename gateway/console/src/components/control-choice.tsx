import { titleOf, word } from '../i18n';
import type { ControlProps } from './controls';
import { grade } from './quality';

const SIDE_BY_SIDE = 4, LETTERS_MOST = 18; // in a row on a narrow phone

/** Chinese letters are twice as wide. */
const width = (text: string) => [...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? 2 : 1), 0);

export function ChoiceControl({ live, shown, disabled, press }: ControlProps) {
  const { point } = live;
  const value = shown.value.value;
  const is = grade(value) === 'bad' ? undefined : value!.number;
  const count = point.choices.length;
  if (count > SIDE_BY_SIDE || count * Math.max(...point.choices.map(({ name }) => width(word(name)))) > LETTERS_MOST) {
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
