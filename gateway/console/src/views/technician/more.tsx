/** What is looked at when a rig is in trouble: failures since the start, reaction times, the proof test, commands. */
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Reaction, RigSummary } from 'lab.proto';
import { Problem } from '../../components/problem';
import { digits } from '../../format/number';
import { moment } from '../../format/time';
import { go } from '../../state/route';
import { now } from '../../state/ticker';
import { wanted } from './audit-state';
import { Command } from './deeds';
import { KINDS } from './rigs';
import { labctl, reactionsOf, standing, unlock } from './state';
import { Table } from './table';
import { w } from './words';

const NO_BOUND = 2 ** 63;

function time(ns: number): string {
  return ns >= NO_BOUND ? w('reaction.never') : ns ? `${digits(ns / 1e6, 3)} ms` : '–';
}

function Failures({ rig }: { rig: RigSummary }) {
  const list = standing.value.get(rig.name) ?? [];
  const lines = new Map(list.map(({ link }) => [link.name, link]));
  return (
    <>
      <Table label={w('failures')} head={[w('instrument'), ...KINDS.map((kind) => w(`failures.${kind}`)), w('failures.all')]}
        rows={list.map(({ instrument }) => [instrument.name, ...KINDS.map((kind) => String(instrument.failures?.[kind] ?? 0)), String(instrument.transactions)])} />
      {[...lines.values()].map(({ name, reconnects, recoveries, unopened }) => (
        <p class="small faint" key={name}>{w('line', { name })}: {w('line.counts', { reconnects, recoveries, unopened })}</p>
      ))}
    </>
  );
}

function Reactions({ rig }: { rig: RigSummary }) {
  const list = useSignal<Reaction[] | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    reactionsOf(rig.name).then((found) => { list.value = found; }, (refusal: unknown) => { error.value = refusal; });
  }, [rig.name]);
  if (error.value) return <Problem error={error.value} />;
  if (!list.value) return <p>{w('comes')}</p>;
  if (!list.value.length) return <p>{w('reactions.none')}</p>;
  const kind = (each: Reaction) => w(`rule.${each.kind}` as 'rule.trip');
  return (
    <>
      <p class="small faint">{w('reactions.what')}</p>
      <Table label={w('reactions')}
        head={[w('reaction.rule'), w('reaction.worst'), w('reaction.wanted'), w('reaction.read_back'), w('reaction.lost_reply'), w('reaction.unanswered'), w('reaction.input')]}
        rows={list.value.map((each) => [each.name ? `${each.name} (${kind(each)})` : kind(each), time(each.total), time(each.wanted),
          time(each.read_back), time(each.lost_reply), time(each.unanswered), each.input || '–'])} />
    </>
  );
}

function Proof({ rig }: { rig: RigSummary }) {
  const proof = rig.status?.proof;
  return (
    <>
      <h3>{w('proof')}</h3>
      <p class="small">{!proof ? w('proof.none') : !proof.tested ? w('proof.never')
        : w('proof.by', { date: moment(proof.tested, now.value), name: proof.by })}</p>
    </>
  );
}

export function More({ rig, open }: { rig: RigSummary; open: Signal<boolean> }) {
  const audit = () => {
    wanted.value = { ...wanted.value, rig: rig.name };
    go('technician', 'audit');
  };
  return (
    <details onToggle={(event) => { open.value = event.currentTarget.open; }}>
      <summary>{w('more')}</summary>
      {open.value && (
        <div class="stack">
          <h3>{w('failures')}</h3>
          <Failures rig={rig} />
          <h3>{w('reactions')}</h3>
          <Reactions rig={rig} />
          <Proof rig={rig} />
          <h3>{w('here')}</h3>
          <p class="small">{w('here.rig')}</p>
          <Command what={w('do.bypass')} command={labctl('bypass', rig.name, 'RULE', '--for', '2h', 'REASON')} />
          <Command what={w('do.proof')} command={labctl('prooftest', rig.name)} />
          <Command what={w('do.unlock')} command={unlock(rig.name)} />
          <button type="button" onClick={audit}>{w('audit.of')}</button>
        </div>
      )}
    </details>
  );
}
