import { useSignal } from '@preact/signals';
import type { Seat } from 'lab.proto';
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
      <span>{seat.name}{mine && <span class="faint"> ({t('people.you')})</span>}</span>
      <span class="value">
        {t(`people.${seat.kind}` as Key)}{!seat.present && <span class="faint"> · {t('people.absent')}</span>}
        {mayGive && !mine && <button type="button" onClick={() => void rig.seat.handOver(seat.id)}>{t('people.hand')}</button>}
      </span>
    </li>
  );
}

export function People({ rig }: { rig: Rig }) {
  const status = rig.status.value;
  const code = liveOn(rig.name)?.join_code;
  if (!status?.session) return null;
  return (
    <section class="card stack">
      <h2>{t('people.title')}</h2>
      <ul class="lines">{status.seats.map((seat) => <Person key={seat.id} rig={rig} seat={seat} />)}</ul>
      {status.spectators > 0 && <p class="faint">{t('people.spectators', { count: status.spectators })}</p>}
      {code && <JoinCode code={code} />}
    </section>
  );
}
