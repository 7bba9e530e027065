import type { Signal } from '@preact/signals';

/** One of a few, side by side. */
export function Chips<T extends string | number>({ label, of, chosen, text }: {
  label: string; of: readonly T[]; chosen: Signal<T>; text: (each: T) => string;
}) {
  return (
    <fieldset class="plain">
      <legend>{label}</legend>
      <div class="chips">
        {of.map((each) => (
          <button type="button" aria-pressed={chosen.value === each} onClick={() => { chosen.value = each; }}>{text(each)}</button>
        ))}
      </div>
    </fieldset>
  );
}
