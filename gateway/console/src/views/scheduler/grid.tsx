/** The timetable: a week with a row for each rig, or a day with a column for each. */
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { titleOf } from '../../i18n';
import { now } from '../../state/ticker';
import { clock } from '../../format/time';
import { draggable } from './drag';
import { Lane } from './lane';
import { dayOf, days, hours, lanesOf, narrow, scale, showRig } from './state';
import { dateText, HOUR, midnight, weekdayText } from './time';
import { w } from './words';

const SCREEN_LEFT = 270; // px that are not the timetable's
const HOUR_LEAST = 12, HOUR_MOST = 44;

function hourHeight(rows: number, count: number): number {
  const fits = (innerHeight - SCREEN_LEFT) / (rows * count) - 1;
  return Math.round(Math.min(HOUR_MOST, Math.max(rows > 1 ? HOUR_LEAST : HOUR_MOST - 8, fits)));
}

function Axis({ day, every }: { day: number; every: number }) {
  const { from, until } = hours.value;
  const marks = [];
  for (let time = Math.ceil(from / every) * every; time < until; time += every) marks.push(time);
  return (
    <div class="axis" aria-hidden="true">
      {marks.map((time) => <span style={{ top: `${100 * (time - from) / (until - from)}%` }}>{clock(day + time)}</span>)}
    </div>
  );
}

function DayHead({ day }: { day: number }) {
  const known = dayOf(day);
  const today = midnight(now.value) === day;
  return (
    <div class={`day-head ${today ? 'today' : ''}`}>
      <b>{weekdayText(day)}</b> <span>{dateText(day)}</span>
      {known?.holiday && <span class="small block">{w('holiday', { name: titleOf({ title: known.holiday, title_zh: known.holiday_zh, name: known.holiday }) })}</span>}
      {known?.taught_as && <span class="small block">{w('makeup', { date: known.taught_as })}</span>}
      {known && !known.closes && !known.holiday && <span class="small block">{w('closed')}</span>}
    </div>
  );
}

function Week() {
  const every = lanesOf.value.length > 1 ? 4 * HOUR : HOUR;
  return (
    <>
      <div class="corner" />
      {days.value.map((day) => <DayHead key={day} day={day} />)}
      {lanesOf.value.map((rig) => (
        <Fragment key={rig.name}>
          <div class="rig-head">
            <button type="button" class="quiet" onClick={() => showRig(lanesOf.value.length > 1 ? rig.name : '')}>{titleOf(rig)}</button>
            <Axis day={days.value[0]!} every={every} />
          </div>
          {days.value.map((day) => <Lane key={day} rig={rig.name} day={day} />)}
        </Fragment>
      ))}
    </>
  );
}

function OneDay() {
  const day = days.value[0]!;
  return (
    <>
      {!narrow.value && <><div class="corner" />{lanesOf.value.map((rig) => <div class="day-head" key={rig.name}><b>{titleOf(rig)}</b></div>)}</>}
      <Axis day={day} every={HOUR} />
      {lanesOf.value.map((rig) => <Lane key={rig.name} rig={rig.name} day={day} />)}
    </>
  );
}

export function Grid() {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => draggable(element.current!, () => now.peek()), []);
  const week = scale.value === 'week';
  const count = (hours.value.until - hours.value.from) / HOUR;
  const columns = week ? `152px repeat(7, minmax(0, 1fr))` : `52px repeat(${lanesOf.value.length}, minmax(${narrow.value ? 0 : 120}px, 1fr))`;
  const height = hourHeight(week ? lanesOf.value.length : 1, count);
  return (
    <div class={`timetable ${height < 20 ? 'dense' : ''}`} ref={element} role="group" aria-label={w('title')} aria-describedby="timetable-how"
      style={{ 'grid-template-columns': columns, '--lane': `${height * count}px`, '--hour': `${height}px` }}>
      {week ? <Week /> : <OneDay />}
    </div>
  );
}
