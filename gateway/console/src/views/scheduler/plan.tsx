/** What a course would become: what conflicts and what is free instead, what falls out, every meeting. */
import type { CourseConflict, CourseMeeting, CoursePlan } from 'lab.proto';
import { Icon } from '../../components/icon';
import { rigText } from './acts';
import { c } from './course-words';
import { titleOf } from '../../i18n';
import { whyOf } from '../../i18n/reasons';
import { spanText } from './time';

interface Of {
  courses: { name?: string }[];
}

function Conflict({ conflict, courses }: { conflict: CourseConflict } & Of) {
  const { course, week, starts, ends, rig, reason, text, people, holder, alternatives, taken } = conflict;
  const places = alternatives.map((each) => `${rigText(each.rig)}, ${spanText(each.starts, each.ends)}`);
  return (
    <li data-conflict={reason} data-taken={taken}>
      <p><b>{courses[course]?.name}</b> {c('week', { week })}, {spanText(starts, ends)}, {rig ? rigText(rig) : c('any')}</p>
      <p class={`with-icon ${taken ? '' : 'problem'}`}><Icon name={taken ? 'check' : 'cross'} />{whyOf(reason, text)}
        {holder && ` · ${c('with', { who: holder })}`}{people.length > 0 && ` · ${people.join(', ')}`}</p>
      <p>{taken ? c('taken', { place: places[0] ?? '' }) : places.length ? c('instead', { list: places.join('; ') }) : c('instead.none')}</p>
    </li>
  );
}

function Meeting({ meeting, courses }: { meeting: CourseMeeting } & Of) {
  const { course, week, date, starts, ends, result, bookings } = meeting;
  const why = titleOf({ title: meeting.why, title_zh: meeting.why_zh, name: '' });
  return (
    <li>
      <span><b>{courses[course]?.name}</b> {c('week', { week })}, {starts ? spanText(starts, ends) : date}</span>
      <span class="faint">{result === 'accepted' ? c('bookings', { count: bookings }) : `${whyOf(result)}${why && `: ${why}`}`}</span>
    </li>
  );
}

export function Plan({ plan, courses, rowOf, totals }: { plan: CoursePlan; rowOf: (account: string) => string; totals: string } & Of) {
  const fallen = plan.meetings.filter(({ result }) => result !== 'accepted');
  return (
    <div class="card stack" data-plan={plan.conflict_count} data-stored={plan.stored}>
      {plan.unknown.length > 0
        ? <p class="problem" role="alert">{c('unknown', { names: plan.unknown.map(rowOf).join(', ') })}</p>
        : <p role="status"><b>{totals}</b></p>}
      {!plan.unknown.length && !plan.conflict_count && !plan.stored && <p class="with-icon"><Icon name="check" />{c('none')}</p>}
      {plan.conflicts.length > 0 && <><h3>{c('conflicts')}</h3>
        <ul class="conflicts">{plan.conflicts.map((conflict) => <Conflict conflict={conflict} courses={courses} />)}</ul></>}
      {fallen.length > 0 && <><h3>{c('fallen')}</h3>
        <ul class="lines">{fallen.map((meeting) => <Meeting meeting={meeting} courses={courses} />)}</ul></>}
      {plan.meetings.length > 0 && <details><summary>{c('meetings')} ({plan.meeting_count})</summary>
        <ul class="lines">{plan.meetings.map((meeting) => <Meeting meeting={meeting} courses={courses} />)}</ul></details>}
      {plan.more && <p class="faint">{c('more')}</p>}
    </div>
  );
}
