import { useSignal } from '@preact/signals';
import { t, titleOf } from '../i18n';
import type { ControlProps } from './controls';

export function TextControl({ live, disabled, press }: ControlProps) {
  const draft = useSignal('');
  return (
    <form class="row" onSubmit={(event) => { event.preventDefault(); press(draft.value); }}>
      <input class="grow" aria-label={titleOf(live.point)} disabled={disabled} value={draft.value}
        onInput={(event) => { draft.value = event.currentTarget.value; }} />
      <button disabled={disabled}>{t('control.set')}</button>
    </form>
  );
}
