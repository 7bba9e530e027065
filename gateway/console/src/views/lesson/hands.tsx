import type { Seat } from 'lab.proto';
import { t, titleOf } from '../../i18n';
import { isStaff } from '../../state/identity';
import type { Rig } from '../../state/rig';
import type { Lesson } from './lesson';
import { l } from './words';

const nameOf = (rig: Rig, seat: Seat) => seat.name || rig.names.value.get(seat.id) || t('people.someone');

/** The seats whose hands are up that this person sees, first come first. */
function handsInReach(rig: Rig): Seat[] {
  const { seats = [], hands = [] } = rig.status.value ?? {};
  const up = hands.map((hand) => seats.find(({ id }) => id === hand)).filter((seat) => seat !== undefined);
  const own = seats.find(({ id }) => id === rig.seat.id.value);
  return isStaff() || !own ? up : up.filter(({ room }) => room === own.room);
}

/** Theirs is told with who the people are: until then its name does. */
function schoolOf(lesson: Lesson, { room }: Seat): string {
  const told = lesson.people.value?.rooms.find(({ name }) => name === room);
  return told ? titleOf(told) : room;
}

function Hand({ lesson, seat }: { lesson: Lesson; seat: Seat }) {
  const { rig } = lesson;
  const acts = isStaff() && rig.seat.id.value !== 0;
  return (
    <li data-seat={seat.id}>
      <span class="grow">{nameOf(rig, seat)}{seat.room && <span class="faint"> · {schoolOf(lesson, seat)}</span>}
        {!seat.present && <span class="faint"> · {t('people.absent')}</span>}</span>
      {acts && <>
        <button type="button" class="main" disabled={!seat.present} onClick={() => void rig.seat.handOver(seat.id)}>{l('hands.give')}</button>
        <button type="button" onClick={() => void rig.seat.raise(false, seat.id)}>{l('hands.lower')}</button>
      </>}
    </li>
  );
}

export function Hands({ lesson }: { lesson: Lesson }) {
  const { rig } = lesson;
  const shown = handsInReach(rig);
  const elsewhere = (rig.status.value?.hands.length ?? 0) - shown.length;
  const place = shown.findIndex(({ id }) => id === rig.seat.id.value) + 1;
  return (
    <>
      {place > 0 && <p role="status">{l('hands.place', { place })}</p>}
      {shown.length ? <ol class="lines hands">{shown.map((seat) => <Hand key={seat.id} lesson={lesson} seat={seat} />)}</ol>
        : <p class="faint">{l('hands.none')}</p>}
      {elsewhere > 0 && <p class="faint">{l('hands.elsewhere', { count: elsewhere })}</p>}
    </>
  );
}

/** How many of each school are here: for who teaches them all. */
export function Rooms({ lesson }: { lesson: Lesson }) {
  const rooms = lesson.people.value?.rooms ?? [];
  const status = lesson.rig.status.value;
  if (!isStaff() || rooms.length < 2) return null;
  return (
    <ul class="faint">
      {rooms.map((room) => {
        const seats = status?.seats.filter((seat) => seat.room === room.name) ?? [];
        const hands = seats.filter(({ id }) => status!.hands.includes(id)).length;
        return <li key={room.name}>{l('rooms', { name: room.name ? titleOf(room) : l('rooms.none'), people: seats.length, hands })}</li>;
      })}
    </ul>
  );
}
