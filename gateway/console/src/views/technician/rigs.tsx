/** Every rig: its condition and why, how its instruments and their lines do, and what may be done. */
import { signal, useSignal } from '@preact/signals';
import type { Failures, RigSummary } from 'lab.proto';
import { Chips } from '../../components/chips';
import { ConditionMark } from '../../components/condition';
import { Icon } from '../../components/icon';
import { digits } from '../../format/number';
import { moment, span } from '../../format/time';
import { titleOf } from '../../i18n';
import { rigWhy, said } from '../../i18n/sentences';
import { bus } from '../../state/bus';
import { rigs } from '../../state/lab';
import { now } from '../../state/ticker';
import { Deeds } from './deeds';
import { More } from './more';
import { health, needsSomebody, standing, type Standing } from './state';
import { w } from './words';

export const KINDS = ['timeouts', 'garbled', 'rejected', 'disconnected'] as const;
type Shown = 'all' | 'trouble';
const shown = signal<Shown>('all');

export const percent = (share: number) => digits(Math.round(share * 100));

function failed(failures: Failures | undefined): string {
  return KINDS.filter((kind) => failures?.[kind]).map((kind) => w(`kind.${kind}`, { count: failures![kind] })).join(', ');
}

/** `last`: ns on the gateway's clock. */
function lastReply(last: number, up: boolean): string {
  void now.value;
  if (!last) return w('last.never');
  const age = (bus.clock.now() - last) / 1e6;
  return up && age < 3_000 ? w('last.now') : w('last', { age: span(Math.max(0, age)) });
}

function Load({ share, planned }: { share: number; planned: number }) {
  return (
    <span class="load">
      <meter min={0} max={1} high={0.9} value={Math.min(1, share)} aria-label={w('load')} />
      <span class="value small">{w('load.is', { load: percent(share), planned: percent(planned) })}</span>
    </span>
  );
}

function Instrument({ link, instrument }: Standing) {
  const lately = failed(instrument.recent);
  return (
    <li data-instrument={instrument.name} data-up={instrument.up} data-failures={KINDS.map((kind) => instrument.failures?.[kind] ?? 0).join()}>
      <div class="grow stack tight">
        <p class="row"><b>{instrument.name}</b> <span class="faint small">{instrument.profile}</span></p>
        {instrument.up ? <p class="small">{lastReply(instrument.last_reply, true)}</p>
          : <p class="problem with-icon"><Icon name="warning" /><span>{w('lost', { why: said(instrument.why) })}</span></p>}
        {!instrument.up && <p class="small">{lastReply(instrument.last_reply, false)}</p>}
        {lately && <p class="small with-icon"><Icon name="warning" /><span>{w('minute.is', { what: lately })}</span></p>}
        <p class="small faint">{w(link.open ? 'line' : 'line.closed', { name: link.name })}</p>
      </div>
      <div class="stack tight figures">
        <Load share={link.recent_load} planned={link.planned_load} />
        <span class="value small">{w('rate', { rate: digits(instrument.rate, 3) })}</span>
      </div>
    </li>
  );
}

function Warnings({ rig }: { rig: RigSummary }) {
  const status = rig.status;
  const proof = status?.proof;
  return (
    <>
      {status?.why && <p class="banner abnormal"><Icon name="warning" /><span class="grow">{w('why', { why: rigWhy(status) })}</span></p>}
      {status?.bypasses.map(({ rule, until, reason }) => (
        <p class="banner abnormal" key={rule}><Icon name="warning" />
          <span class="grow">{w('bypass', { rule, until: moment(until, now.value), reason })}</span></p>
      ))}
      {proof?.overdue && <p class="with-icon small"><Icon name="clock" /><span>{w('proof.overdue', { why: said(proof.why) })}</span></p>}
      {proof && !proof.overdue && proof.due > 0 && <p class="with-icon small"><Icon name="clock" />
        <span>{w('proof.due', { date: moment(proof.due, now.value) })}</span></p>}
    </>
  );
}

function RigCard({ rig }: { rig: RigSummary }) {
  const open = useSignal(false);
  return (
    <li class={`card stack ${open.value ? 'whole' : ''}`} data-rig={rig.name}>
      <div class="row spread">
        <h2>{titleOf(rig)} <span class="faint small">{rig.name}</span></h2>
        <ConditionMark status={rig.status} />
      </div>
      <Warnings rig={rig} />
      <ul class="lines">{(standing.value.get(rig.name) ?? []).map((each) => <Instrument key={each.instrument.name} {...each} />)}</ul>
      <Deeds rig={rig} />
      <More rig={rig} open={open} />
    </li>
  );
}

export function RigsTab() {
  if (!health.value) return <p role="status">{w('comes')}</p>;
  const troubled = rigs.value.filter(needsSomebody);
  const list = shown.value === 'all' ? rigs.value : troubled;
  const counts = { all: rigs.value.length, trouble: troubled.length };
  return (
    <>
      <Chips label={w('shown')} of={['all', 'trouble'] as const} chosen={shown} text={(each) => w(`shown.${each}`, { count: counts[each] })} />
      {!list.length && <p class="with-icon"><Icon name="check" />{w('none.trouble')}</p>}
      <ul class="cards">{list.map((rig) => <RigCard key={rig.name} rig={rig} />)}</ul>
    </>
  );
}
