/** A session as a lesson: what was pressed lately and what it did, and who of one's own room is there. */
import { batch, signal } from '@preact/signals';
import { Outcome, type Frame, type PeopleList, type Press } from 'lab.proto';
import { Refusal } from '../../protocol/refusal';
import { bus } from '../../state/bus';
import { isSpectator } from '../../state/identity';
import type { Rig } from '../../state/rig';

const KEPT = 64; // as many as the gateway keeps
const waits = ({ outcome }: Press) => outcome === Outcome.UNDER_WAY || outcome === Outcome.RAMPING;

export class Lesson {
  /** Oldest first. */
  readonly presses = signal<Press[]>([]);
  /** More was pressed than the gateway keeps. */
  readonly gap = signal(false);
  readonly people = signal<PeopleList | undefined>(undefined);

  private session = 0;
  private asking = false;
  private seated = '';
  private known = false;

  constructor(readonly rig: Rig) {
    rig.followers.add((frame) => this.heard(frame));
    const status = rig.status.peek();
    if (status) this.follow(status.session, status.seats.map(({ id }) => id).join());
  }

  private heard(frame: Frame): void {
    const { status } = frame;
    if (status) this.follow(status.session, status.seats.map(({ id }) => id).join());
    this.take(frame.presses);
    const behind = frame.press > this.last;
    if (frame.full && (behind || this.presses.peek().some(waits))) void this.ask();
  }

  private get last(): number {
    const known = this.presses.peek();
    return known[known.length - 1]?.number ?? 0;
  }

  private follow(session: number, seated: string): void {
    if (session !== this.session) {
      this.session = session;
      batch(() => {
        this.presses.value = [];
        this.gap.value = this.known = false;
        this.people.value = undefined;
      });
    }
    if (!session) return;
    if (!this.known) void this.ask();
    const seats = `${this.rig.seat.id.peek()} ${seated}`;
    if (seats !== this.seated) void this.askPeople();
    this.seated = seats;
  }

  private take(presses: Press[]): void {
    if (!presses.length) return;
    const byNumber = new Map([...this.presses.peek(), ...presses].map((press) => [press.number, press]));
    this.presses.value = [...byNumber.values()].sort((a, b) => a.number - b.number).slice(-KEPT);
  }

  /** What a full frame left out. */
  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const unsettled = this.presses.peek().find(waits);
    const after = unsettled ? unsettled.number - 1 : this.last;
    try {
      const { feed } = await bus.ask({ feed: { rig: this.rig.name, after } });
      this.known = true;
      this.gap.value = this.gap.peek() || feed!.gap;
      this.take(feed!.presses);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    } finally {
      this.asking = false;
    }
  }

  private async askPeople(): Promise<void> {
    if (isSpectator()) return;
    try {
      const { people } = await bus.ask({ people: { rig: this.rig.name } }, { seat: this.rig.seat.id.peek() });
      this.people.value = people;
      this.rig.names.value = new Map(people!.seats.map(({ id, name }) => [id, name]));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // who has no seat is told nobody's name
    }
  }
}

const lessons = new WeakMap<Rig, Lesson>();

export function lessonOf(rig: Rig): Lesson {
  let lesson = lessons.get(rig);
  if (!lesson) lessons.set(rig, lesson = new Lesson(rig));
  return lesson;
}
