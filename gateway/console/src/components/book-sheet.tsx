import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RigSummary } from 'lab.proto';
import { moment, zoneOffset } from '../format/time';
import { t, titleOf } from '../i18n';
import { announce } from '../state/announce';
import { book, wait } from '../state/lab';
import { go } from '../state/route';
import { now, wallNow } from '../state/ticker';
import { Chips } from './chips';
import { Problem } from './problem';

const MINUTE = 60_000;
const LENGTHS = [15, 30, 60, 120];
/** `queue`: as soon as it becomes free, in the order of the queue. */
type Start = 'now' | 'free' | 'queue' | 'other';

/** As an input of type datetime-local has it, in the chosen zone. */
const typed = (time: number) => new Date(time + zoneOffset()).toISOString().slice(0, 16);
const untyped = (text: string) => Date.parse(text + 'Z') - zoneOffset();

const isTaken = (rig: RigSummary) => rig.free_from > now.peek() + MINUTE;

function StartChoice({ rig, start, at }: { rig: RigSummary; start: Signal<Start>; at: Signal<string> }) {
  const choices: Start[] = isTaken(rig) ? ['free', 'queue', 'other'] : ['now', 'other'];
  const text = (each: Start) => each === 'now' ? t('book.now')
    : each === 'queue' ? t('book.queue')
    : each === 'free' ? t('book.at', { time: moment(rig.free_from, now.value) }) : t('book.other');
  return (
    <>
      <Chips label={t('book.start')} of={choices} chosen={start} text={text} />
      {start.value === 'other' && <input type="datetime-local" aria-label={t('book.other')} value={at.value}
        onInput={(event) => { at.value = event.currentTarget.value; }} />}
    </>
  );
}

/** The second of two taps: everything is chosen already, and can be changed. */
export function BookSheet({ rig, onClose }: { rig: RigSummary; onClose: () => void }) {
  const sheet = useRef<HTMLDialogElement>(null);
  const start = useSignal<Start>(isTaken(rig) ? 'free' : 'now');
  const at = useSignal(typed(now.peek() + 60 * MINUTE));
  const minutes = useSignal(30);
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  useEffect(() => sheet.current?.showModal(), []);

  const attempt = async () => {
    if (start.value === 'queue') {
      await wait(rig.name, minutes.value * MINUTE);
      announce(t('book.waits', { rig: titleOf(rig) }));
      onClose();
      return;
    }
    // What begins now begins with the press, not when that arrives: it is as long as was asked for.
    const starts = start.value === 'now' ? wallNow() : start.value === 'free' ? rig.free_from : untyped(at.value);
    const booking = await book(rig.name, starts, (starts || now.peek()) + minutes.value * MINUTE);
    announce(t('book.done', {
      rig: titleOf(rig), from: moment(booking.starts, now.peek()), until: moment(booking.ends, now.peek()),
    }));
    onClose();
    if (booking.starts <= now.peek() + MINUTE / 10) go('rig', rig.name);
  };
  const submit = async () => {
    busy.value = true;
    error.value = undefined;
    await attempt().catch((refusal) => { error.value = refusal; });
    busy.value = false;
  };

  return (
    <dialog ref={sheet} class="sheet" onClose={onClose} aria-label={t('book.title', { rig: titleOf(rig) })}
      onClick={(event) => event.target === sheet.current && onClose()}>
      <div class="stack">
        <h2>{t('book.title', { rig: titleOf(rig) })}</h2>
        <StartChoice rig={rig} start={start} at={at} />
        <Chips label={t('book.length')} of={LENGTHS} chosen={minutes} text={(each) => t('book.minutes', { minutes: each })} />
        <Problem error={error.value} />
        <div class="row">
          <button type="button" onClick={onClose}>{t('close')}</button>
          <button type="button" class="main grow" disabled={busy.value} onClick={() => void submit()}>
            {busy.value ? t('busy') : t(start.value === 'queue' ? 'book.wait' : 'book.go', { minutes: minutes.value })}</button>
        </div>
      </div>
    </dialog>
  );
}
