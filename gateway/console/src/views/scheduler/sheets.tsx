/** What opens over the timetable: a new booking, one that is there, rigs out of use. */
import { useSignal, type Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { BookingKind, BookingState, type Booking, type MaintenancePlan } from 'lab.proto';
import { Chips } from '../../components/chips';
import { t } from '../../i18n';
import { Refusal } from '../../protocol/refusal';
import { randomKey } from '../../state/lab';
import { now } from '../../state/ticker';
import { approve, book, cancel, close, moveOrThrow, refusalOf, rigText, spanWords, whoOf, type Said } from './acts';
import { movable } from './drag';
import { whatOf } from './lane';
import { whyOf } from '../../i18n/reasons';
import { RefusalText } from './refusal';
import { SpanFields } from './span-fields';
import { calendar, cursor, sheet, type Span } from './state';
import { w } from './words';

type Refused = Signal<Said['refusal'] | undefined>;

function leave(): void {
  sheet.value = null;
  cursor.value = null;
}

/** Asks; a yes closes the sheet, a no stays in it. */
function useAsking(span: Signal<Span>, but = 0) {
  const refused: Refused = useSignal<Said['refusal'] | undefined>(undefined);
  const busy = useSignal(false);
  const ask = async (act: () => Promise<void>) => {
    busy.value = true;
    refused.value = undefined;
    try {
      await act();
      leave();
    } catch (error) {
      refused.value = refusalOf(error, span.peek(), but, (instead) => {
        span.value = instead;
        void ask(act);
      });
    }
    busy.value = false;
  };
  return { refused, busy, ask };
}

function Dialog({ title, children }: { title: string; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="sheet" aria-label={title} onClose={leave} onClick={(event) => event.target === dialog.current && leave()}>
      <div class="stack"><h2>{title}</h2>{children}</div>
    </dialog>
  );
}

const kinds = ['1', '2'] as const;

function NewBooking({ at }: { at: Span }) {
  const span = useSignal(at);
  const kind = useSignal<(typeof kinds)[number]>('1');
  const holder = useSignal(''), group = useSignal('');
  const { refused, busy, ask } = useAsking(span);
  const groups = calendar.value?.groups ?? [];
  const submit = (event: Event) => {
    event.preventDefault();
    void ask(() => book({ span: span.peek(), holder: holder.peek().trim(), group: group.peek(), planned: kind.peek() === '2' }));
  };
  return (
    <Dialog title={w('new')}>
      <form class="stack" onSubmit={submit}>
        <SpanFields span={span} />
        <Chips label={w('what')} of={kinds} chosen={kind} text={(each) => w(`kind.${each}`)} />
        <label>{w('holder')}<input autocomplete="off" name="holder" value={holder.value} onInput={(event) => { holder.value = event.currentTarget.value; }} /></label>
        {groups.length > 0 && <label>{w('group')}
          <select value={group.value} onChange={(event) => { group.value = event.currentTarget.value; }}>
            <option value="">{w('group.none')}</option>{groups.map((each) => <option>{each}</option>)}
          </select></label>}
        {refused.value && <RefusalText refusal={refused.value} />}
        <div class="row">
          <button type="button" onClick={leave}>{t('close')}</button>
          <button class="main grow" disabled={busy.value}>{w('go.book')}</button>
        </div>
        <button type="button" class="quiet" onClick={() => { sheet.value = { kind: 'close', span: span.peek() }; }}>{w('closure')} …</button>
      </form>
    </Dialog>
  );
}

function Actions({ booking, ask, busy }: { booking: Booking; ask: (act: () => Promise<void>) => Promise<void>; busy: Signal<boolean> }) {
  const sure = useSignal(false);
  const open = booking.state !== BookingState.ENDED;
  return (
    <>
      {booking.state === BookingState.PENDING && <div class="row">
        <button type="button" class="grow" disabled={busy.value} onClick={() => void ask(() => approve(booking, false))}>{w('go.decline')}</button>
        <button type="button" class="grow" disabled={busy.value} onClick={() => void ask(() => approve(booking, true))}>{w('go.approve')}</button>
      </div>}
      {open && <button type="button" disabled={busy.value} onClick={() => {
        if (sure.value) void ask(() => cancel(booking));
        sure.value = true;
      }}>{sure.value ? w('go.cancel.sure', { who: whoOf(booking) }) : w('go.cancel')}</button>}
    </>
  );
}

function OneBooking({ booking }: { booking: Booking }) {
  const span = useSignal<Span>({ rig: booking.rig, starts: booking.starts, ends: booking.ends });
  const { refused, busy, ask } = useAsking(span, booking.id);
  const may = movable(booking, now.value);
  return (
    <Dialog title={booking.kind === BookingKind.MAINTENANCE ? w('kind.3') : whoOf(booking)}>
      <p>{rigText(booking.rig)}<br />{spanWords(booking).span}</p>
      <p class="faint">{whatOf(booking)}{booking.group && ` · ${booking.group}`}</p>
      {may && <form class="stack" onSubmit={(event) => { event.preventDefault(); void ask(() => moveOrThrow(booking, span.peek())); }}>
        <SpanFields span={span} />
        <button class="main" disabled={busy.value}>{w('go.move')}</button>
      </form>}
      {refused.value && <RefusalText refusal={refused.value} />}
      <Actions booking={booking} ask={ask} busy={busy} />
      <button type="button" onClick={leave}>{t('close')}</button>
    </Dialog>
  );
}

function Affected({ plan }: { plan: MaintenancePlan }) {
  const none = !plan.affected_count && !plan.conflicts.length;
  return (
    <div class="stack tight" role="status" data-affected={plan.affected_count}>
      <p><b>{none ? w('affected.none') : w('affected', { count: plan.affected_count + plan.conflicts.length })}</b></p>
      <ul class="lines">
        {plan.affected.map(({ booking, rig }) => (
          <li><span>{whoOf(booking!)}, {spanWords(booking!).span}</span><span>{rig ? w('affected.to', { rig: rigText(rig) }) : w('affected.off')}</span></li>
        ))}
        {plan.conflicts.map(({ rig, starts, ends, holder, reason, text }) => (
          <li class="problem"><span>{rigText(rig)}, {spanWords({ rig, starts, ends }).span} {holder}</span>
            <span>{w('affected.conflict', { why: whyOf(reason, text) })}</span></li>
        ))}
      </ul>
    </div>
  );
}

/** Shown first, then done. */
function Closure({ at }: { at: Span }) {
  const span = useSignal(at);
  const every = useSignal(false);
  const reason = useSignal('');
  const plan = useSignal<{ of: string; plan: MaintenancePlan } | undefined>(undefined);
  const { refused, busy } = useAsking(span);
  const key = useMemo(randomKey, []);
  const wanted = () => ({ span: span.peek(), every: every.peek(), reason: reason.peek().trim() });
  const of = JSON.stringify([span.value, every.value]);
  const seen = plan.value?.of === of && !plan.value.plan.conflicts.length;
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    refused.value = undefined;
    try {
      const found = await close(wanted(), key, !seen);
      plan.value = { of, plan: found };
      if (found.stored) leave();
    } catch (error) {
      if (error instanceof Refusal) refused.value = refusalOf(error, span.peek(), 0, () => {});
    }
    busy.value = false;
  };
  return (
    <Dialog title={w('closure')}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <label class="check"><input type="checkbox" checked={every.value} onChange={(event) => { every.value = event.currentTarget.checked; }} /> {w('every')}</label>
        <SpanFields span={span} withRig={!every.value} />
        <label>{w('reason')}<input name="reason" maxLength={100} required value={reason.value} onInput={(event) => { reason.value = event.currentTarget.value; }} /></label>
        {plan.value?.of === of && <Affected plan={plan.value.plan} />}
        {refused.value && <RefusalText refusal={refused.value} />}
        <div class="row">
          <button type="button" onClick={leave}>{t('close')}</button>
          <button class="main grow" disabled={busy.value}>{seen ? w('go.close') : w('go.plan')}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Sheets() {
  const open = sheet.value;
  if (!open) return null;
  if (open.kind === 'new') return <NewBooking key="new" at={open.span} />;
  if (open.kind === 'close') return <Closure key="close" at={open.span} />;
  return <OneBooking key={open.booking.id} booking={open.booking} />;
}
