/** Nothing that a technician does to a rig is one press away, but the emergency stop. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Answer } from 'lab.proto';
import { Problem } from '../../components/problem';
import { announce } from '../../state/announce';
import { look } from './state';
import { w } from './words';

export interface Deed {
  title: string;
  text: string;
  label: string;
  done: string;
  /** It has a reason, which whoever is at the rig reads. */
  wantsReason?: boolean;
  act: (reason: string) => Promise<Answer>;
}

const MOST = 120; // bytes of UTF-8
const bytes = (text: string) => new TextEncoder().encode(text).length;

export function Confirm({ deed, onClose }: { deed: Deed; onClose: () => void }) {
  const sheet = useRef<HTMLDialogElement>(null);
  const reason = useSignal('');
  const error = useSignal<unknown>(undefined);
  const wrong = useSignal('');
  const busy = useSignal(false);
  useEffect(() => sheet.current?.showModal(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    const text = reason.value.trim();
    wrong.value = !deed.wantsReason ? '' : !text ? w('reason.missing') : bytes(text) > MOST ? w('reason.long') : '';
    if (wrong.value) return;
    busy.value = true;
    error.value = undefined;
    try {
      const answer = await deed.act(text);
      announce(deed.done + (answer.control && !answer.control.durable ? ' ' + w('volatile') : ''));
      await look().catch(() => {});
      onClose();
    } catch (refusal) {
      error.value = refusal;
    }
    busy.value = false;
  };

  return (
    <dialog ref={sheet} class="sheet" onClose={onClose} aria-label={deed.title}
      onClick={(event) => event.target === sheet.current && onClose()}>
      <form class="stack" noValidate onSubmit={(event) => void submit(event)}>
        <h2>{deed.title}</h2>
        <p>{deed.text}</p>
        {deed.wantsReason && <label>{w('lockout.reason')}
          <input value={reason.value} required aria-invalid={wrong.value !== ''}
            onInput={(event) => { reason.value = event.currentTarget.value; }} /></label>}
        {wrong.value && <p class="problem" role="alert">{wrong.value}</p>}
        <Problem error={error.value} />
        <div class="row">
          <button type="button" onClick={onClose}>{w('cancel')}</button>
          <button class="main grow" disabled={busy.value}>{w('sure', { what: deed.label })}</button>
        </div>
      </form>
    </dialog>
  );
}
