/** What a technician may do to a rig from here, and what only at the gateway's own machine. */
import { useSignal } from '@preact/signals';
import { Condition, type RigStatus, type RigSummary } from 'lab.proto';
import { Problem } from '../../components/problem';
import { t, titleOf } from '../../i18n';
import { said } from '../../i18n/sentences';
import { announce } from '../../state/announce';
import { bus } from '../../state/bus';
import { go } from '../../state/route';
import { Confirm, type Deed } from './confirm';
import { look, unlock } from './state';
import { w } from './words';

const latched = (status: RigStatus) => [...(status.stopped ? [w('reset.stop')] : []), ...status.trips];

/** A lock-out's reason stands in its place while there is one. */
const whyQuarantined = ({ locked_out, why }: RigStatus) => (why && !locked_out ? w('clear.why', { why: said(why) }) : '');

function deedsOf({ name, status, ...rest }: RigSummary): Deed[] {
  if (!status) return [];
  const rig = titleOf({ name, ...rest });
  const found: Deed[] = [];
  if (status.condition === Condition.QUARANTINED) found.push({
    title: w('clear.title', { rig }), text: whyQuarantined(status) + w('clear.text'), label: w('clear'), done: w('clear.done', { rig }),
    act: () => bus.ask({ clear: { rig: name } }),
  });
  if (latched(status).length) found.push({
    title: w('reset.title', { rig }), text: w('reset.text', { what: latched(status).join(', ') }), label: w('reset'), done: w('reset.done', { rig }),
    act: () => bus.ask({ reset: { rig: name } }),
  });
  found.push({ // also where somebody else has locked it out: everybody with hands in the rig has a lock-out of their own
    title: w('lockout.title', { rig }), text: w('lockout.text'), label: w('lockout'), done: w('lockout.done', { rig }), wantsReason: true,
    act: (reason) => bus.ask({ lockout: { rig: name, reason } }),
  });
  return found;
}

export function Command({ what, command }: { what: string; command: string }) {
  return <div class="command"><p class="small">{what}</p><code>{command}</code></div>;
}

export function Deeds({ rig }: { rig: RigSummary }) {
  const chosen = useSignal<Deed | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const stop = () => {
    error.value = undefined;
    bus.ask({ stop: { rig: rig.name } }).then(
      () => { announce(w('stop.done', { rig: titleOf(rig) }), true); void look().catch(() => {}); },
      (refusal: unknown) => { error.value = refusal; });
  };
  return (
    <>
      {rig.status?.locked_out && <Command what={w('lockout.remove')} command={unlock(rig.name)} />}
      <Problem error={error.value} />
      <div class="row">
        {deedsOf(rig).map((deed) => <button type="button" key={deed.label} onClick={() => { chosen.value = deed; }}>{deed.label}</button>)}
        <button type="button" class="quiet" onClick={() => go('rig', rig.name)}>{w('open')}</button>
        <span class="grow" />
        {!rig.status?.stopped && <button type="button" class="stop" aria-label={w('stop', { rig: titleOf(rig) })} onClick={stop}>{t('stop')}</button>}
      </div>
      {chosen.value && <Confirm deed={chosen.value} onClose={() => { chosen.value = undefined; }} />}
    </>
  );
}
