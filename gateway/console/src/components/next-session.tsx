import { useSignal } from '@preact/signals';
import type { Booking } from 'lab.proto';
import { countdown, moment, stretch } from '../format/time';
import { t } from '../i18n';
import { cancel, extend, isPending, rigTitle, upcoming } from '../state/lab';
import { go } from '../state/route';
import { now } from '../state/ticker';
import { Problem } from './problem';

const LONGER = 15 * 60_000; // ms

function ExtendButton({ booking }: { booking: Booking }) {
  const error = useSignal<unknown>(undefined);
  const press = () => {
    error.value = undefined;
    extend(booking, LONGER).catch((refusal) => { error.value = refusal; });
  };
  return (
    <>
      <button type="button" class="quiet" onClick={press}>{t('next.extend', { minutes: LONGER / 60_000 })}</button>
      <Problem error={error.value} />
    </>
  );
}

function CancelButton({ booking }: { booking: Booking }) {
  const error = useSignal<unknown>(undefined);
  return (
    <>
      <button type="button" class="quiet"
        onClick={() => cancel(booking.id).catch((refusal) => { error.value = refusal; })}>{t('next.cancel')}</button>
      <Problem error={error.value} />
    </>
  );
}

/** Mine: the next one with its countdown, then those after it. */
export function NextSession() {
  const [next, ...later] = upcoming.value;
  if (!next) return null;
  const live = next.starts <= now.value && !isPending(next);
  const left = countdown((live ? next.ends : next.starts) - now.value);
  return (
    <section class="card stack next" aria-label={t('next.title')}>
      <div class="row spread">
        <div class="grow">
          <h2>{t('next.title')}</h2>
          <p><strong>{rigTitle(next.rig)}</strong> · {stretch(next.starts, next.ends, now.value)}</p>
          {isPending(next) && <p>{t('next.pending')}</p>}
          <p class="countdown">{live ? t('next.live', { left }) : t('next.in', { left })}</p>
        </div>
        {live && <button type="button" class="main" onClick={() => go('rig', next.rig)}>{t('rigs.enter')}</button>}
      </div>
      {live ? next.mine && <ExtendButton booking={next} /> : next.mine && <CancelButton booking={next} />}
      {later.length > 0 && (
        <details>
          <summary>{t('next.more')} ({later.length})</summary>
          <ul class="lines">
            {later.map((booking) => (
              <li key={booking.id}>{rigTitle(booking.rig)} · {moment(booking.starts, now.value)}{isPending(booking) && ` · ${t('next.pending')}`} {booking.mine && <CancelButton booking={booking} />}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
