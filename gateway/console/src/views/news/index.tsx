/** Notices, offers and places in the queue, each with what can be done about it. */
import { useSignal } from '@preact/signals';
import { BookingState, ChangeBookingKind, type Notice, type Ticket } from 'lab.proto';
import { useEffect } from 'preact/hooks';
import { Icon } from '../../components/icon';
import { Problem } from '../../components/problem';
import { countdown, moment, stretch } from '../../format/time';
import { announce } from '../../state/announce';
import { capabilityTitle, rigTitle } from '../../state/lab';
import { person } from '../../state/identity';
import { change, followNews, notices, seen, tickets } from '../../state/news';
import { now } from '../../state/ticker';
import { kindText, n } from './words';

function Act({ text, main, act }: { text: string; main?: boolean; act: () => Promise<void> }) {
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const press = async () => {
    busy.value = true;
    error.value = undefined;
    await act().catch((refusal) => { error.value = refusal; });
    busy.value = false;
  };
  return (
    <>
      <button type="button" class={main ? 'main' : ''} disabled={busy.value} onClick={() => void press()}>{text}</button>
      <Problem error={error.value} />
    </>
  );
}

function OfferRow({ ticket }: { ticket: Ticket }) {
  const rig = rigTitle(ticket.offered);
  useEffect(() => announce(n('offer', { rig })), [ticket.offered]);
  return (
    <li class="banner abnormal" data-news="offer">
      <div class="grow stack">
        <p>
          <Icon name="clock" /> <strong>{n('offer', { rig })}</strong> {n('offer.until', { until: moment(ticket.offer_ends, now.value) })}
          <span class="block countdown">{n('offer.left', { left: countdown(ticket.take_until - now.value) })}</span>
        </p>
        <div class="row">
          <Act main text={n('offer.take')} act={() => change({ take_offer: { ticket: ticket.id } })} />
          <Act text={n('offer.no')} act={() => change({ leave_queue: { ticket: ticket.id } })} />
        </div>
      </div>
    </li>
  );
}

function TicketRow({ ticket }: { ticket: Ticket }) {
  const what = ticket.rig ? rigTitle(ticket.rig) : capabilityTitle(ticket.capability);
  return (
    <li class="stack tight" data-news="place">
      <p>
        {n('place', { what, place: ticket.place })}
        <span class="block faint">{ticket.estimate ? n('place.about', { time: moment(ticket.estimate, now.value) }) : n('place.unknown')}</span>
      </p>
      <div class="row"><Act text={n('place.leave')} act={() => change({ leave_queue: { ticket: ticket.id } })} /></div>
    </li>
  );
}

function Approval({ booking }: { booking: number }) {
  const decide = (kind: number) => () => change({ change_booking: { booking, kind } });
  return (
    <div class="row">
      <Act main text={n('approve')} act={decide(ChangeBookingKind.APPROVE)} />
      <Act text={n('decline')} act={decide(ChangeBookingKind.DECLINE)} />
    </div>
  );
}

function NoticeRow({ notice }: { notice: Notice }) {
  return (
    <li class="stack tight" data-news={notice.kind}>
      <p>
        {kindText(notice)}
        {notice.starts > 0 && <span class="block">
          <strong>{rigTitle(notice.rig)}</strong> · {notice.who && `${notice.who} · `}{stretch(notice.starts, notice.ends, now.value)}</span>}
        <span class="block faint">{moment(notice.wall, now.value)}</span>
      </p>
      {notice.kind === 'to-approve' && notice.state === BookingState.PENDING && <Approval booking={notice.booking} />}
    </li>
  );
}

export function NewsPanel() {
  useEffect(() => followNews(), [person.value]);
  const offers = tickets.value.filter(({ offered }) => offered), places = tickets.value.filter(({ offered }) => !offered);
  const told = notices.value.filter(({ kind }) => kind !== 'offer' || !offers.length);
  if (!told.length && !tickets.value.length) return null;
  return (
    <section class="card stack" aria-label={n('title')}>
      <h2>{n('title')}</h2>
      {offers.length > 0 && <ul class="stack">{offers.map((ticket) => <OfferRow key={ticket.id} ticket={ticket} />)}</ul>}
      {places.length > 0 && <ul class="lines">{places.map((ticket) => <TicketRow key={ticket.id} ticket={ticket} />)}</ul>}
      {told.length > 0 && <>
        <ul class="lines" aria-live="polite">{told.map((notice) => <NoticeRow key={notice.number} notice={notice} />)}</ul>
        <div class="row"><Act text={n('seen')} act={() => seen(told[told.length - 1]!.number)} /></div>
      </>}
    </section>
  );
}
