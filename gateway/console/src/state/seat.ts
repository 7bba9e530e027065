/** A person's place in the session of a rig: joining, control, being heard, and coming back after a loss. */
import { computed, signal } from '@preact/signals';
import { Condition, type Joined, type RigStatus } from 'lab.proto';
import { Refusal } from '../protocol/refusal';
import { bus } from './bus';
import { Commands } from './commands';
import { person } from './identity';
import type { Rig } from './rig';

const NANOSECOND_MS = 1e-6;
/** Heard three times as often as must be, so that two losses in a row cost nothing. */
const PRESENCE_SHARE = 3;

export class Seat {
  readonly id = signal(0);
  readonly joined = signal<Joined | undefined>(undefined);
  readonly mayControl = computed(() => this.joined.value?.may_control ?? false);
  readonly inControl = computed(() =>
    this.id.value !== 0 && this.rig.status.value?.controller === this.id.value
    && this.rig.status.value.condition === Condition.CONTROLLED);
  /** Why the last wish of this seat was refused. */
  readonly refusal = signal<Refusal | undefined>(undefined);
  /** Control is wanted, and taken as soon as the rig is safe. */
  readonly wanting = signal(false);
  readonly commands: Commands;
  epoch = 0;

  private timer: ReturnType<typeof setInterval> | undefined;
  private taking = false;

  constructor(readonly rig: Rig) {
    this.commands = new Commands(this);
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** With `control`: take control as well, as soon as the rig is safe. */
  async join(control: boolean): Promise<void> {
    await this.trying(async () => {
      const { join } = await bus.ask({ join: { rig: this.rig.name, resume: this.remembered(sessionOf(this.rig)) } });
      this.sit(join!);
      if (control && join!.may_control) this.want();
    });
  }

  /** Takes the seat again that this tab had before it was loaded anew. */
  resume(): void {
    if (!this.id.peek() && this.remembered(sessionOf(this.rig))) void this.join(false);
  }

  want(): void {
    this.wanting.value = true;
    this.follow(this.rig.status.peek());
  }

  async release(): Promise<void> {
    this.wanting.value = false;
    await this.trying(() => bus.ask({ release: {} }, { seat: this.id.peek() }));
  }

  async leave(): Promise<void> {
    this.wanting.value = false;
    const seat = this.id.peek();
    this.stand();
    await this.trying(() => bus.ask({ leave: {} }, { seat }));
  }

  /** The emergency stop: nothing comes before it, and nothing is asked. */
  async stop(): Promise<void> {
    await this.trying(() => bus.ask({ stop: { rig: this.rig.name } }, { seat: this.id.peek() }));
  }

  async reset(): Promise<void> {
    await this.trying(() => bus.ask({ reset: { rig: this.rig.name } }, { seat: this.id.peek() }));
  }

  readonly handUp = computed(() => this.rig.status.value?.hands.includes(this.id.value) ?? false);

  /** One's own hand, or for staff: lowers another's. */
  async raise(up: boolean, seat = 0): Promise<void> {
    await this.trying(() => bus.ask({ hand: { up, seat } }, { seat: this.id.peek() }));
  }

  /** Gives control to another seat; a teacher's or technician's right. */
  async handOver(to: number): Promise<void> {
    await this.trying(() => bus.ask({ take: { to, force: true } }, { seat: this.id.peek() }));
  }

  async takeByForce(): Promise<void> {
    await this.trying(async () => {
      const { control } = await bus.ask({ take: { force: true } }, { seat: this.id.peek() });
      this.epoch = Math.max(this.epoch, control!.epoch);
    });
  }

  /** The status has changed: learns the epoch, notices the end, takes what is wanted. */
  follow(status: RigStatus | undefined): void {
    if (!status) return;
    this.epoch = Math.max(this.epoch, status.epoch);
    const joined = this.joined.peek();
    if (joined && status.session !== joined.session) this.stand();
    if (this.inControl.peek()) this.wanting.value = false;
    else this.commands.overtaken();
    if (this.wanting.peek() && status.condition === Condition.SAFE && !status.stopped && !status.locked_out) void this.take();
  }

  private async take(): Promise<void> {
    if (this.taking) return;
    this.taking = true;
    await this.trying(async () => {
      const { control } = await bus.ask({ take: {} }, { seat: this.id.peek() });
      this.epoch = Math.max(this.epoch, control!.epoch);
    });
    this.taking = false;
    this.wanting.value = false;
  }

  private sit(joined: Joined): void {
    this.joined.value = joined;
    this.id.value = joined.seat;
    this.epoch = Math.max(this.epoch, joined.epoch);
    this.commands.begin(joined.sequence);
    this.remember(joined);
    clearInterval(this.timer);
    this.timer = setInterval(() => this.beHeard(), joined.presence * NANOSECOND_MS / PRESENCE_SHARE);
  }

  private stand(): void {
    clearInterval(this.timer);
    this.joined.value = undefined;
    this.id.value = 0;
    this.wanting.value = false;
    this.remember(undefined);
  }

  private beHeard(): void {
    if (bus.line.waiting > 2) return; // the line is down or slow; what waits there is heard first
    bus.ask({ presence: {} }, { seat: this.id.peek() }).catch((error: unknown) => {
      if (error instanceof Refusal && error.reason === 'no-seat') this.stand();
    });
  }

  private async trying(act: () => Promise<unknown>): Promise<void> {
    this.refusal.value = undefined;
    try {
      await act();
    } catch (error) {
      if (error instanceof Refusal) this.refusal.value = error;
      else throw error;
    }
  }

  private get key(): string {
    return `seat ${person.peek()?.name ?? ''} ${this.rig.name}`;
  }

  private remember(joined: Joined | undefined): void {
    try {
      if (joined) sessionStorage.setItem(this.key, `${joined.session} ${joined.seat}`);
      else sessionStorage.removeItem(this.key);
    } catch { /* storage is off: a reload costs the seat */ }
  }

  private remembered(session: number): number {
    try {
      const [of, seat] = (sessionStorage.getItem(this.key) ?? '').split(' ').map(Number);
      return session && of === session ? seat ?? 0 : 0;
    } catch {
      return 0;
    }
  }
}

const sessionOf = (rig: Rig) => rig.status.peek()?.session ?? 0;
