import { useSignal } from '@preact/signals';
import { Role, type Seat } from 'lab.proto';
import { t, type Key } from '../i18n';
import { isStaff } from '../state/identity';
import { liveOn } from '../state/lab';
import type { Rig } from '../state/rig';

function JoinCode({ code }: { code: string }) {
  const copied = useSignal(false);
  const copy = () => navigator.clipboard?.writeText(code).then(() => { copied.value = true; }, () => {});
  return (
    <p class="row"><span class="grow">{t('people.code')}<br /><code class="large">{code}</code></span>
      <button type="button" onClick={copy}>{copied.value ? t('people.copied') : t('people.copy')}</button></p>
  );
}

function Person({ rig, seat }: { rig: Rig; seat: Seat }) {
  const mine = seat.id === rig.seat.id.value;
  const mayGive = isStaff() && rig.seat.id.value !== 0 && seat.kind !== 'controller' && seat.present;
  return (
    <li>
      <span>{nameOf(rig, seat)}{mine && <span class="faint"> ({t('people.you')})</span>}</span>
      <span class="value">
        {t(`people.${seat.kind}` as Key)}{seat.room && <span class="faint"> · {seat.room}</span>}{!seat.present && <span class="faint"> · {t('people.absent')}</span>}
        {mayGive && !mine && <button type="button" onClick={() => void rig.seat.handOver(seat.id)}>{t('people.hand')}</button>}
      </span>
    </li>
  );
}

const nameOf = (rig: Rig, seat: Seat) => seat.name || rig.names.value.get(seat.id) || t('people.someone');

/** Who is in this person's own room, and who is in control; staff see everybody, school by school. */
function inReach(rig: Rig, seats: Seat[]): Seat[] {
  const own = seats.find(({ id }) => id === rig.seat.id.value);
  if (isStaff() || !own) return [...seats].sort((a, b) => a.room.localeCompare(b.room));
  return seats.filter((seat) => seat.room === own.room || seat.role !== Role.STUDENT || seat.kind === 'controller');
}

export function People({ rig }: { rig: Rig }) {
  const status = rig.status.value;
  const code = liveOn(rig.name)?.join_code;
  if (!status?.session) return null;
  const shown = inReach(rig, status.seats);
  return (
    <section class="card stack">
      <h2>{t('people.title')}</h2>
      <ul class="lines">{shown.map((seat) => <Person key={seat.id} rig={rig} seat={seat} />)}</ul>
      {shown.length < status.seats.length && <p class="faint">{t('people.elsewhere', { count: status.seats.length - shown.length })}</p>}
      {status.spectators > 0 && <p class="faint">{t('people.spectators', { count: status.spectators })}</p>}
      {code && <JoinCode code={code} />}
    </section>
  );
}
