/** A course from a file: read, tried, shown with its conflicts, and only then booked. */
import { signal, useSignal, type Signal } from '@preact/signals';
import type { CoursePlan } from 'lab.proto';
import { digits } from '../../format/number';
import { reasonText, titleOf } from '../../i18n';
import { Refusal } from '../../protocol/refusal';
import { bus } from '../../state/bus';
import { randomKey } from '../../state/lab';
import { go } from '../../state/route';
import { now } from '../../state/ticker';
import { c } from './course-words';
import { Plan } from './plan';
import { decode, readRoster, type Roster } from './roster';
import { all, at, calendar, show } from './state';
import { DAY, HOUR, untypedDay } from './time';

interface Form {
  term: string;
  rigs: string[];
  size: number;
  group: string;
  rotate: boolean;
}
/** They outlive a look at the timetable. */
const roster = signal<(Roster & { name: string }) | undefined>(undefined);
const unreadable = signal('');
const form = signal<Form>({ term: '', rigs: [], size: 1, group: '', rotate: false });
const result = signal<{ of: string; take: boolean; plan: CoursePlan } | undefined>(undefined);

const change = (part: Partial<Form>) => { form.value = { ...form.value, ...part }; };
const termNow = () => {
  const terms = calendar.value?.terms ?? [];
  const end = ({ starts, weeks }: { starts: string; weeks: number }) => untypedDay(starts) + weeks * 7 * DAY;
  return form.value.term || (terms.find((term) => end(term) > now.value) ?? terms[terms.length - 1])?.name || '';
};

async function choose(file: File): Promise<void> {
  result.value = undefined;
  roster.value = undefined;
  unreadable.value = '';
  try {
    roster.value = { ...readRoster(decode(await file.arrayBuffer())), name: file.name };
  } catch {
    unreadable.value = c('not-text');
  }
}

function Chosen() {
  const read = roster.value;
  if (unreadable.value) return <p class="problem" role="alert">{unreadable.value}</p>;
  if (!read) return null;
  if (read.mistakes.length) {
    return (
      <div role="alert" class="stack tight" data-mistakes={read.mistakes.length}>
        <p class="problem">{c('mistakes', { count: read.mistakes.length })}</p>
        <ul class="lines">{read.mistakes.slice(0, 200).map(({ line, column, text, why }) =>
          <li>{c('mistake', { line, column, text: text && ` “${text}”`, why: c(`why.${why}`) })}</li>)}</ul>
      </div>
    );
  }
  return <p role="status">{read.courses.length ? c('found', { classes: read.courses.length, rows: read.rows }) : c('no-students')}</p>;
}

function Options() {
  const { rigs, size, group, rotate } = form.value;
  const terms = calendar.value?.terms ?? [], groups = calendar.value?.groups ?? [];
  const toggle = (name: string) => change({ rigs: rigs.includes(name) ? rigs.filter((each) => each !== name) : [...rigs, name] });
  return (
    <>
      <div class="moments">
        <label class="grow">{c('term')}<select name="term" value={termNow()} onChange={(event) => change({ term: event.currentTarget.value })}>
          {terms.map((term) => <option value={term.name}>{titleOf(term)}</option>)}</select></label>
        <label class="grow">{c('size')}<input type="number" name="size" min={1} max={16} value={size} onInput={(event) => change({ size: Math.max(1, event.currentTarget.valueAsNumber || 1) })} /></label>
        {groups.length > 0 && <label class="grow">{c('group')}<select value={group} onChange={(event) => change({ group: event.currentTarget.value })}>
          <option value="">{c('group.none')}</option>{groups.map((each) => <option>{each}</option>)}</select></label>}
      </div>
      {calendar.value && !terms.length && <p class="problem">{c('term.none')}</p>}
      <fieldset class="plain"><legend>{c('rigs')}</legend>
        <div class="chips">{all.value.map((rig) =>
          <button type="button" data-rig-choice={rig.name} aria-pressed={rigs.includes(rig.name)} onClick={() => toggle(rig.name)}>{titleOf(rig)}</button>)}</div>
      </fieldset>
      <label class="check"><input type="checkbox" checked={rotate} onChange={(event) => change({ rotate: event.currentTarget.checked })} /> {c('rotate')}</label>
    </>
  );
}

function asked(take: boolean, dry: boolean, key: string) {
  const { rigs, size, group, rotate } = form.peek();
  const courses = roster.peek()!.courses.map(({ lines: _, ...course }) =>
    ({ ...course, rigs, group_size: size, rotate_partners: rotate, group: course.group || group }));
  return { plan_course: { term: termNow(), courses, key, dry_run: dry, take_alternatives: take } };
}
const wanted = () => JSON.stringify([form.value, termNow(), roster.value?.courses]);

/** A no that is about the plan has it in it. */
async function ask(take: boolean, dry: boolean, key: string, refused: Signal<string>): Promise<void> {
  const of = wanted();
  refused.value = '';
  try {
    const { plan_course } = await bus.ask(asked(take, dry, key));
    result.value = { of, take, plan: plan_course! };
  } catch (error) {
    if (error instanceof Refusal && error.answer.plan_course) result.value = { of, take: false, plan: error.answer.plan_course };
    else result.value = undefined;
    refused.value = reasonText(error) + (error instanceof Refusal && error.message ? ` (${error.message})` : '');
  }
}

const rowOf = (account: string) => {
  for (const { students, lines } of roster.value?.courses ?? []) {
    const i = students.indexOf(account);
    if (i >= 0) return c('line', { account, line: lines[i]! });
  }
  return account;
};

export function CourseImport() {
  const refused = useSignal(''), busy = useSignal(false), key = useSignal(randomKey());
  const current = result.value?.of === wanted() ? result.value : undefined;
  const plan = current?.plan;
  const ready = Boolean(roster.value?.courses.length && !roster.value.mistakes.length && form.value.rigs.length && termNow());
  const solved = plan && plan.conflicts.filter(({ taken }) => taken).length;
  const commits = Boolean(plan && !plan.stored && !plan.unknown.length && plan.booking_count && plan.conflict_count === solved);
  const offers = Boolean(plan && !plan.stored && plan.conflict_count > solved! && plan.conflicts.length === plan.conflict_count && plan.conflicts.every(({ alternatives }) => alternatives.length));
  const run = async (take: boolean, dry: boolean) => {
    busy.value = true;
    await ask(take, dry, key.peek(), refused);
    if (result.peek()?.plan.stored) key.value = randomKey();
    busy.value = false;
  };
  const firstOf = () => plan?.meetings.find(({ starts }) => starts)?.starts;
  return (
    <section class="stack course">
      <form class="card stack" onSubmit={(event) => { event.preventDefault(); void run(false, true); }}>
        <label>{c('file')}<input type="file" accept=".csv,.txt,text/csv" onChange={(event) => { const [file] = event.currentTarget.files ?? []; if (file) void choose(file); }} /></label>
        <p class="faint small">{c('file.how')}</p>
        <Chosen />
        <Options />
        <button class={commits ? '' : 'main'} disabled={!ready || busy.value}>{c('dry')}</button>
      </form>
      {refused.value && <p class="problem" role="alert">{refused.value}</p>}
      {plan && <Plan plan={plan} courses={roster.value?.courses ?? []} rowOf={rowOf}
        totals={c('totals', { meetings: plan.meeting_count, bookings: plan.booking_count, hours: digits(plan.rig_time / HOUR, 4), fallen: plan.fallen_count, conflicts: plan.conflict_count })} />}
      {plan?.stored && <div class="card row" role="status"><b class="grow">{c('stored', { count: plan.booking_count })}</b>
        <button type="button" onClick={() => { at.value = firstOf() ?? now.peek(); show('week'); go('timetable'); }}>{c('show')}</button></div>}
      {offers && <button type="button" class="main" disabled={busy.value} onClick={() => void run(true, true)}>{c('take')}</button>}
      {commits && <button type="button" class="main" disabled={busy.value} onClick={() => void run(current!.take, false)}>{c('commit', { count: plan!.booking_count })}</button>}
    </section>
  );
}
