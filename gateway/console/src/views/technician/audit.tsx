/** The audit trail: who did what, when, and why it was refused. */
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LogRecord } from 'lab.proto';
import { Icon } from '../../components/icon';
import { Problem } from '../../components/problem';
import { digits } from '../../format/number';
import { csvText, saveFile } from '../../format/save';
import { clockSeconds, moment } from '../../format/time';
import { whyOf } from '../../i18n/reasons';
import { rigs } from '../../state/lab';
import { now } from '../../state/ticker';
import { search, wanted, type Found, type Wanted } from './audit-state';
import { kindNames, kindText } from './kinds';
import { w } from './words';

const change = (part: Partial<Wanted>) => { wanted.value = { ...wanted.peek(), ...part }; };

function Text({ label, name, hint }: { label: string; name: 'person' | 'session'; hint?: string }) {
  return (
    <label>{label}
      <input name={name} value={wanted.value[name]} placeholder={hint} inputMode={name === 'session' ? 'numeric' : undefined}
        onInput={(event) => change({ [name]: event.currentTarget.value })} /></label>
  );
}

function Instant({ label, name }: { label: string; name: 'from' | 'until' }) {
  return (
    <label>{label}
      <input type="datetime-local" name={name} value={wanted.value[name]}
        onInput={(event) => change({ [name]: event.currentTarget.value })} /></label>
  );
}

function Choice({ label, name, of }: { label: string; name: 'rig' | 'kind'; of: [string, string][] }) {
  return (
    <label>{label}
      <select name={name} value={wanted.value[name]} onChange={(event) => change({ [name]: event.currentTarget.value })}>
        <option value="">{w('audit.any')}</option>
        {of.map(([value, text]) => <option value={value} key={value} selected={wanted.value[name] === value}>{text}</option>)}
      </select></label>
  );
}

function Filters({ onShow }: { onShow: () => void }) {
  const submit = (event: Event) => {
    event.preventDefault();
    onShow();
  };
  return (
    <form class="card filters" onSubmit={submit}>
      <Choice label={w('audit.rig')} name="rig" of={rigs.value.map(({ name }) => [name, name])} />
      <Text label={w('audit.person')} name="person" hint={w('audit.person.hint')} />
      <Choice label={w('audit.kind')} name="kind" of={kindNames.map((kind) => [kind, kindText(kind)])} />
      <Text label={w('audit.session')} name="session" />
      <Instant label={w('audit.from')} name="from" />
      <Instant label={w('audit.until')} name="until" />
      <label class="with-box"><input type="checkbox" name="refusals" checked={wanted.value.refusals}
        onChange={(event) => change({ refusals: event.currentTarget.checked })} />{w('audit.refusals')}</label>
      <button class="main">{w('audit.show')}</button>
    </form>
  );
}

/** Of the end of somebody's control the reason says why. */
const isRefusal = ({ kind, reason }: LogRecord) => kind !== 'revoke' && reason !== '' && reason !== 'accepted';
const valuesOf = ({ point, has_values, before, after }: LogRecord) =>
  [point, has_values && `${digits(before)} → ${digits(after)}`].filter(Boolean).join(' ');

function Entry({ record }: { record: LogRecord }) {
  const refused = isRefusal(record);
  return (
    <li class={refused ? 'refused' : ''} data-number={record.number} data-kind={record.kind} data-reason={record.reason}>
      <span class="when small"><span class="block">{moment(record.wall, now.value).replace(/\d\d:\d\d$/, '')}{clockSeconds(record.wall)}</span>
        <span class="faint">{record.number}</span></span>
      <div class="grow stack tight">
        <p class="row"><b>{kindText(record.kind)}</b><span>{record.rig}</span><span>{record.who === 'labgate' ? w('audit.gateway') : record.who}</span>
          {record.session > 0 && <span class="faint small">{w('audit.session.is', { session: record.session })}</span>}</p>
        {valuesOf(record) && <p class="small value">{valuesOf(record)}</p>}
        {refused && <p class="problem with-icon small"><Icon name="cross" /><span>{w('audit.refused', { why: whyOf(record.reason) })}
          {record.rule && ` (${w('audit.rule', { rule: record.rule })})`}</span></p>}
        {!refused && record.rule && <p class="small">{w('audit.rule', { rule: record.rule })}</p>}
        {record.text && <p class="small">{record.text}</p>}
      </div>
    </li>
  );
}

function save(records: LogRecord[]): void {
  const rows = records.map(({ number, wall, rig, who, kind, point, before, after, has_values, reason, rule, session, text }) =>
    [number, new Date(wall).toISOString(), rig, who, kind, point, has_values ? before : '', has_values ? after : '', reason, rule, session || '', text]);
  const head = ['number', 'time', 'rig', 'who', 'kind', 'point', 'before', 'after', 'reason', 'rule', 'session', 'text'];
  saveFile('audit.csv', new Blob(['\ufeff', csvText([head, ...rows])], { type: 'text/csv' }));
}

function Page({ found, show }: { found: Signal<Found | undefined>; show: (before: number) => void }) {
  const page = found.value;
  if (!page) return <p role="status">{w('comes')}</p>;
  return (
    <section class="card stack" aria-label={w('tab.audit')}>
      <p role="status">{page.records.length ? w('audit.count', { count: page.records.length }) : page.next ? w('audit.more') : w('audit.none')}</p>
      <ol class="trail">{page.records.map((record) => <Entry key={record.number} record={record} />)}</ol>
      <div class="row">
        {page.later && <button type="button" onClick={() => show(0)}>{w('audit.newest')}</button>}
        {page.next > 0 && <button type="button" onClick={() => show(page.next)}>{w('audit.older')}</button>}
        {page.records.length > 0 && <button type="button" class="quiet" onClick={() => save(page.records)}>{w('audit.save')}</button>}
      </div>
    </section>
  );
}

export function AuditTab() {
  const found = useSignal<Found | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const show = (before: number) => {
    error.value = undefined;
    search(before).then((page) => { found.value = page; }, (refusal: unknown) => { error.value = refusal; });
  };
  useEffect(() => show(0), []);
  return (
    <div class="audit">
      <Filters onShow={() => show(0)} />
      <div class="stack"><Problem error={error.value} /><Page found={found} show={show} /></div>
    </div>
  );
}
