import { signal, useSignal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import type { RigSummary } from 'lab.proto';
import { BookSheet } from '../components/book-sheet';
import { ConditionMark } from '../components/condition';
import { News } from '../components/news';
import { NextSession } from '../components/next-session';
import { Settings } from '../components/settings';
import { moment } from '../format/time';
import { t, titleOf } from '../i18n';
import { isSpectator, isStaff, isTechnician, person, plans } from '../state/identity';
import { capabilityTitle, follow, known, liveOn, rigs } from '../state/lab';
import { go } from '../state/route';
import { now } from '../state/ticker';

const capability = signal('');

function whenFree({ free_from, free_until }: RigSummary): string {
  if (free_from > now.value + 60_000) return t('rigs.free.from', { from: moment(free_from, now.value) });
  return free_until ? t('rigs.free.until', { until: moment(free_until, now.value) }) : t('rigs.free');
}

function RigCard({ rig, onBook }: { rig: RigSummary; onBook: () => void }) {
  const mine = liveOn(rig.name);
  const maySee = mine || isStaff() || isSpectator() || Boolean(rig.status?.session); // a lesson is open to whoever has an account
  return (
    <li class="card rig-card">
      <div class="grow">
        <h3>{titleOf(rig)}</h3>
        <p class="faint">{rig.name}</p>
        <p><ConditionMark status={rig.status} /></p>
        <p>{whenFree(rig)}</p>
      </div>
      <div class="stack">
        {maySee && <button type="button" class={mine ? 'main' : ''} onClick={() => go('rig', rig.name)}>
          {mine ? t('rigs.enter') : t('rigs.look')}</button>}
        {!isSpectator() && <button type="button" class={mine ? '' : 'main'} onClick={onBook}>{t('rigs.book')}</button>}
        {!isSpectator() && rig.practice && <button type="button" onClick={() => go('practice', rig.name)}>{t('rigs.practise')}</button>}
      </div>
    </li>
  );
}

function Capabilities() {
  const all = [...new Set(rigs.value.flatMap(({ capabilities }) => capabilities))].sort();
  if (all.length < 2) return null;
  return (
    <div class="chips" role="group" aria-label={t('rigs.title')}>
      {['', ...all].map((each) => (
        <button type="button" aria-pressed={capability.value === each} onClick={() => { capability.value = each; }}>
          {each ? capabilityTitle(each) : t('rigs.all')}</button>
      ))}
    </div>
  );
}

export function HomeView() {
  const booking = useSignal<RigSummary | null>(null);
  // Before this is painted: a slow processor paints for as long as the way to the gateway takes.
  useLayoutEffect(() => follow(), [person.value]);
  const shown = rigs.value.filter(({ capabilities }) => !capability.value || capabilities.includes(capability.value));
  return (
    <main class="page stack">
      <header class="row spread"><h1 class="grow">labgate</h1>
        {plans() && <button type="button" onClick={() => go('timetable')}>{t('plan.open')}</button>}
        {isTechnician() && <button type="button" onClick={() => go('technician')}>{t('technician')}</button>}
        <Settings /></header>
      <News />
      <NextSession />
      <section class="stack" aria-busy={!known.value}>
        <h2>{t('rigs.title')}</h2>
        <Capabilities />
        {known.value && !shown.length && <p>{t('rigs.none')}</p>}
        <ul class="cards">
          {shown.map((rig) => <RigCard key={rig.name} rig={rig} onBook={() => { booking.value = rig; }} />)}
        </ul>
      </section>
      {booking.value && <BookSheet rig={booking.value} onClose={() => { booking.value = null; }} />}
    </main>
  );
}
