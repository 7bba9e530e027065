/** The scheduler's view: the week on all rigs, courses, and who used what. */
import { useEffect } from 'preact/hooks';
import { Icon } from '../../components/icon';
import { Settings } from '../../components/settings';
import { t, titleOf } from '../../i18n';
import { plans } from '../../state/identity';
import { follow as followRigs } from '../../state/lab';
import { go } from '../../state/route';
import { now } from '../../state/ticker';
import { sheet as style, type View } from '../on-demand';
import { rigText, said, spanWords, undo } from './acts';
import { CourseImport } from './course';
import { Grid } from './grid';
import { RefusalText } from './refusal';
import css from './scheduler.css?sheet';
import { Sheets } from './sheets';
import { all, at, asking, bookings, days, dayOf, first, follow, known, narrow, nextFree, only, scale, sheet, show, showRig, turn, until, type Scale } from './state';
import { DAY, dayOfMonth, dayText, midnight, monday, typedDay, untypedDay, weekdayText, yearText } from './time';
import { Use } from './use';
import { w } from './words';

const scales: Scale[] = ['week', 'day'];

function Turn() {
  return (
    <div class="row turn">
      <button type="button" class="quiet" aria-label={w(`before.${scale.value}`)} title={w(`before.${scale.value}`)} onClick={() => turn(-1)}>‹</button>
      <button type="button" onClick={() => { at.value = now.peek(); }}>{w('today')}</button>
      <button type="button" class="quiet" aria-label={w(`after.${scale.value}`)} title={w(`after.${scale.value}`)} onClick={() => turn(1)}>›</button>
      <input type="date" class="date" aria-label={w('date')} value={typedDay(at.value)} onChange={(event) => {
        const day = untypedDay(event.currentTarget.value);
        if (!Number.isNaN(day)) at.value = day + DAY / 2;
      }} />
    </div>
  );
}

/** The days of the week, for a thumb. */
function DayStrip() {
  const start = monday(at.value);
  return (
    <div class="segments days" role="group" aria-label={w('date')}>
      {Array.from({ length: 7 }, (_, i) => start + i * DAY).map((day) => (
        <button type="button" title={dayText(day)} aria-pressed={midnight(at.value) === day} onClick={() => { at.value = day + DAY / 2; }}>
          <span class="small">{weekdayText(day)}</span><br /><b>{dayOfMonth(day)}</b></button>
      ))}
    </div>
  );
}

function Choices() {
  return (
    <div class="row choices">
      <Turn />
      {!narrow.value && <div class="segments" role="group" aria-label={w('scale')}>
        {scales.map((each) => <button type="button" aria-pressed={scale.value === each} onClick={() => show(each)}>{w(each)}</button>)}
      </div>}
      <select class="which" aria-label={w('rig')} value={only.value} onChange={(event) => showRig(event.currentTarget.value)}>
        {!narrow.value && <option value="">{w('rigs.all')}</option>}
        {all.value.map((rig) => <option value={rig.name}>{titleOf(rig)}</option>)}
      </select>
      <button type="button" class="main" onClick={() => { sheet.value = { kind: 'new', span: nextFree() }; }}>{w('new')}</button>
      <button type="button" onClick={() => { sheet.value = { kind: 'close', span: nextFree() }; }}>{w('closure')}</button>
    </div>
  );
}

function SaidBar() {
  const now_ = said.value;
  if (asking.value) return <p class="card said" role="status">{w('comes')}</p>;
  if (!now_) return null;
  const back = now_.undo;
  const here = back && bookings.value.find(({ id }) => id === back.booking);
  return (
    <div class="card said row">
      <div class="grow">{now_.refusal ? <RefusalText refusal={now_.refusal} /> : <p class="with-icon"><Icon name="check" />{now_.text}</p>}</div>
      {back && here && <button type="button" title={w('undo.move', spanWords(back.span))} onClick={() => undo(back, here)}>{w('undo')}</button>}
      <button type="button" class="quiet" aria-label={w('dismiss')} title={w('dismiss')} onClick={() => { said.value = null; }}><Icon name="cross" /></button>
    </div>
  );
}

function heading(): string {
  const day = dayOf(first.value);
  const dates = scale.value === 'day' ? yearText(first.value) : `${yearText(first.value)} – ${yearText(until.value - DAY)}`;
  return day?.week ? `${dates} · ${w('term', { term: titleOf({ title: day.term_title, title_zh: day.term_title_zh, name: day.term }), week: day.week })}` : dates;
}

function Timetable() {
  return (
    <section class="stack" aria-busy={!known.value}>
      <Choices />
      {narrow.value && <DayStrip />}
      <h2>{heading()}{scale.value === 'day' && !narrow.value && ` · ${weekdayText(days.value[0]!)}`}{narrow.value && ` · ${rigText(only.value)}`}</h2>
      <SaidBar />
      {all.value.length > 0 && <Grid />}
      <details class="faint small"><summary>?</summary><p id="timetable-how">{w('how')}</p></details>
      <Sheets />
    </section>
  );
}

const tabs = { '': ['title', Timetable], course: ['course', CourseImport], use: ['use', Use] } as const;

function SchedulerView({ of }: { of: string }) {
  const tab = tabs[of as keyof typeof tabs] ?? tabs[''];
  const Tab = tab[1];
  useEffect(() => followRigs(), []);
  useEffect(() => follow(), []);
  return (
    <main class="page wide stack scheduler">
      <header class="row spread">
        <button type="button" class="quiet" aria-label={t('back')} title={t('back')} onClick={() => go('')}><Icon name="back" /></button>
        <h1 class="grow">{w(tab[0])}</h1><Settings />
      </header>
      {plans() && <nav class="segments tabs">
        {Object.entries(tabs).map(([name, [key]]) => (
          <button type="button" aria-pressed={tab[0] === key} onClick={() => go('timetable', name)}>{w(key)}</button>
        ))}
      </nav>}
      {plans() ? <Tab /> : <p>{w('staff')}</p>}
    </main>
  );
}

export async function load(): Promise<View> {
  await style(css);
  return SchedulerView;
}
