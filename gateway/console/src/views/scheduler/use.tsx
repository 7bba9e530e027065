/** Who used what: shares due and got, and how full the rigs were, as bars and as a table. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ReportPer, type ReportData, type ReportRow } from 'lab.proto';
import { Chips } from '../../components/chips';
import { digits } from '../../format/number';
import { csvText, saveFile } from '../../format/save';
import { now } from '../../state/ticker';
import { bus } from '../../state/bus';
import { reasonText, titleOf } from '../../i18n';
import { narrow } from './state';
import { DAY, HOUR, midnight, monday, typedDay, untypedDay } from './time';
import { u } from './use-words';

const pers = [ReportPer.SCHOOL, ReportPer.GROUP, ReportPer.RIG, ReportPer.WEEK] as const;
type Per = (typeof pers)[number];
const isShare = (per: Per) => per === ReportPer.SCHOOL || per === ReportPer.GROUP;

const percent = (part: number) => `${digits(100 * part, 3)} %`;
const hoursText = (ms: number) => u('hours', { hours: digits(ms / HOUR, 3) });
const part = (of: number, whole: number) => (whole ? Math.min(1, of / whole) : 0);

interface Bar {
  name: string;
  /** Of 0 to 1: filled, and the mark or outline that it is compared with. */
  filled: number;
  outlined: number;
  text: string;
}

const nameOf = (row: ReportRow) => (row.capability ? u('any', { name: titleOf(row) }) : row.name ? titleOf(row) : u('nobody'));
const withMissed = (text: string, row: ReportRow) => [text, row.no_room ? u('bar.no-room', { times: row.no_room, hours: hoursText(row.no_room_time) }) : '']
  .filter(Boolean).join(u('and'));

function barOf(row: ReportRow, per: Per): Bar {
  const name = nameOf(row);
  if (isShare(per))
    return { name, filled: row.share_got, outlined: row.share_due, text: withMissed(u('bar.share', { got: percent(row.share_got), due: percent(row.share_due) }), row) };
  const used = part(row.used, row.open), booked = part(row.booked, row.open);
  return { name, filled: used, outlined: booked, text: withMissed(row.capability ? '' : u('bar.use', { used: percent(used), booked: percent(booked) }), row) };
}

const BAR = 16; // px

function Bars({ bars, per }: { bars: Bar[]; per: Per }) {
  const width = narrow.value ? 312 : Math.min(1500, innerWidth - 60), row = narrow.value ? 68 : 46;
  const scale = isShare(per) ? Math.max(0.1, ...bars.map(({ filled, outlined }) => Math.max(filled, outlined))) : 1;
  const along = (value: number) => Math.round(value / scale * (width - 4));
  return (
    <figure>
      <svg class="bars" viewBox={`0 0 ${width} ${bars.length * row}`} role="img" aria-label={bars.map(({ name, text }) => `${name}: ${text}`).join(u('and'))}>
        {bars.map(({ name, filled, outlined, text }, i) => (
          <g transform={`translate(0 ${i * row})`} data-bar={name}>
            <text y="16" class="bar-name">{name}</text>
            <text x={narrow.value ? 0 : width} y={narrow.value ? 56 : 16} text-anchor={narrow.value ? 'start' : 'end'} class="bar-text">{text}</text>
            <rect class="bar-track" x="1" y="22" width={width - 2} height={BAR} />
            <rect class="bar-filled" x="1" y="22" width={along(filled)} height={BAR} />
            <rect class="bar-outlined" x="1" y="22" width={along(outlined)} height={BAR} />
          </g>
        ))}
      </svg>
      <figcaption class="legend">
        <span class="bar-key filled">{u(isShare(per) ? 'got' : 'used')}</span><span class="bar-key outlined">{u(isShare(per) ? 'due' : 'booked')}</span>
      </figcaption>
    </figure>
  );
}

function columns(per: Per): { head: string; of: (row: ReportRow) => string | number }[] {
  return [
    { head: u(`per.${per}` as 'per.1'), of: nameOf },
    ...(isShare(per) ? [{ head: u('due'), of: (row: ReportRow) => percent(row.share_due) }, { head: u('got'), of: (row: ReportRow) => percent(row.share_got) }]
      : [{ head: u('open'), of: (row: ReportRow) => hoursText(row.open) }, { head: u('maintenance'), of: (row: ReportRow) => hoursText(row.maintenance) }]),
    { head: u('used'), of: (row) => hoursText(row.used) },
    { head: u('booked'), of: (row) => hoursText(row.booked) },
    { head: u('bookings'), of: (row) => row.bookings },
    { head: u('no-shows'), of: (row) => row.no_shows },
    { head: u('cancelled'), of: (row) => row.cancelled },
    { head: u('lost'), of: (row) => row.lost },
    { head: u('no-room'), of: (row) => row.no_room },
    { head: u('no-room-hours'), of: (row) => hoursText(row.no_room_time) },
  ];
}

function Table({ data, per }: { data: ReportData; per: Per }) {
  const all = columns(per);
  const rows = data.rows.map((row) => all.map(({ of }) => of(row)));
  const save = () => saveFile(`use-${typedDay(data.from)}-${typedDay(data.until - DAY)}.csv`,
    new Blob(['\ufeff', csvText([all.map(({ head }) => head), ...rows])], { type: 'text/csv' }));
  return (
    <>
      <div class="wide-table" tabIndex={0} role="region" aria-label={u('table')}>
        <table>
          <thead><tr>{all.map(({ head }) => <th scope="col">{head}</th>)}</tr></thead>
          <tbody>{rows.map(([name, ...cells]) => <tr><th scope="row">{name}</th>{cells.map((cell) => <td>{cell}</td>)}</tr>)}</tbody>
        </table>
      </div>
      <button type="button" onClick={save}>{u('save')}</button>
    </>
  );
}

export function Use() {
  const per = useSignal<Per>(ReportPer.SCHOOL);
  const from = useSignal(monday(now.peek()) - 3 * 7 * DAY), last = useSignal(midnight(now.peek()));
  const data = useSignal<{ per: Per; report: ReportData } | undefined>(undefined);
  const refused = useSignal('');
  useEffect(() => {
    let gone = false;
    refused.value = '';
    bus.ask({ report: { from: from.value, until: last.value + DAY, per: per.value } }).then(
      ({ report }) => { if (!gone) data.value = { per: per.peek(), report: report! }; },
      (error) => { if (!gone) refused.value = reasonText(error); });
    return () => { gone = true; };
  }, [per.value, from.value, last.value]);
  const day = (label: string, time: typeof from) => (
    <label class="grow">{label}<input type="date" value={typedDay(time.value)} onChange={(event) => {
      const next = untypedDay(event.currentTarget.value);
      if (!Number.isNaN(next)) time.value = next;
    }} /></label>
  );
  const found = data.value;
  return (
    <section class="stack">
      <div class="moments">{day(u('from'), from)}{day(u('last'), last)}</div>
      <Chips label={u('per')} of={pers} chosen={per} text={(each) => u(`per.${each}` as 'per.1')} />
      {refused.value && <p class="problem" role="alert">{refused.value}</p>}
      {found && <div class="card stack" data-report={found.per}>
        <h2>{u(isShare(found.per) ? 'fairness' : 'utilisation')}</h2>
        <p class="faint small">{u(isShare(found.per) ? 'fairness.how' : 'utilisation.how')} {u('no-room.how')}</p>
        <Bars bars={found.report.rows.map((row) => barOf(row, found.per))} per={found.per} />
        <Table data={found.report} per={found.per} />
      </div>}
    </section>
  );
}
