/** One WebSocket at a time to the gateway, which is opened again for as long as the page lives. What is unanswered
 * when it breaks is said again on the next one, byte for byte, so that the gateway knows it for a repeat. */
import { signal } from '@preact/signals';
import { frame, unframe } from './codec';

const SUBPROTOCOL = 'rep.sp.nanomsg.org';
const PAUSE_FIRST = 250, PAUSE_MOST = 5_000; // ms
const OPENING_MOST = 15_000;
/** An answer that is so late makes the line suspect; after as long again without a byte it is given up. */
const LATE = 3_000;
const SILENCE_MOST = 12_000;
/** Who watches asks when nothing has come for so long: no news and no line look alike otherwise. */
const QUIET = 2_000;
const SUPERVISED_EVERY = 500;
/** What TCP and IP add to a message, roughly: one segment's headers. */
const OVERHEAD = 44;

export type LineState = 'opening' | 'open' | 'lost';

export interface Entry {
  /** What to say now, and again after each loss. */
  bytes: () => Uint8Array;
  answered: (bytes: Uint8Array, sent: number) => void;
  /** An entry that waits for answers as they come is never late. */
  patient?: boolean;
}

interface Pending extends Entry {
  sent: number;
}

export class Line {
  readonly state = signal<LineState>('opening');
  /** Bytes so far, with what carries them. */
  received = 0;
  sent = 0;
  /** When an answer last came, by performance.now(). */
  heardAt = 0;
  /** Asks something small, to see whether the line still answers. */
  probe: () => void = () => {};

  private socket: WebSocket | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = Math.floor(Math.random() * 0x7fffffff);
  private pause = PAUSE_FIRST;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private suspectSince = 0;
  private openedAt = 0;

  constructor(private readonly url: string) {
    setInterval(() => this.supervise(), SUPERVISED_EVERY);
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.hurry());
    this.open();
  }

  /** Returns the id under which it is said. */
  add(entry: Entry): number {
    this.nextId = (this.nextId + 1) & 0x7fffffff;
    const id = (this.nextId | 0x80000000) >>> 0;
    this.pending.set(id, { ...entry, sent: 0 });
    this.say(id);
    return id;
  }

  /** Says it again under its id: renews a watch. */
  say(id: number): void {
    const entry = this.pending.get(id);
    if (!entry || this.socket?.readyState !== WebSocket.OPEN) return;
    const bytes = frame(id, entry.bytes());
    entry.sent = performance.now();
    this.sent += bytes.length + OVERHEAD;
    this.socket.send(bytes);
  }

  remove(id: number): void {
    this.pending.delete(id);
  }

  /** How many requests wait for an answer. */
  get waiting(): number {
    return [...this.pending.values()].filter(({ patient }) => !patient).length;
  }

  private open(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.state.peek() !== 'opening') this.state.value = 'opening';
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.openedAt = performance.now();
    socket.onopen = () => this.opened(socket);
    socket.onmessage = (event) => this.took(socket, event.data);
    socket.onclose = () => this.lost(socket);
  }

  private opened(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.pause = PAUSE_FIRST;
    this.openedAt = performance.now();
    this.suspectSince = 0;
    this.state.value = 'open';
    for (const id of [...this.pending.keys()]) this.say(id);
  }

  private took(socket: WebSocket, data: ArrayBuffer): void {
    if (socket !== this.socket || data.byteLength < 4) return;
    this.heardAt = performance.now();
    this.suspectSince = 0;
    this.received += data.byteLength + OVERHEAD;
    const { id, bytes } = unframe(data);
    const entry = this.pending.get(id);
    if (!entry) return;
    if (!entry.patient) this.pending.delete(id);
    entry.answered(bytes, entry.sent);
  }

  private lost(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.socket = undefined;
    this.state.value = 'lost';
    const pause = this.pause * (0.5 + Math.random());
    this.pause = Math.min(this.pause * 2, PAUSE_MOST);
    this.timer = setTimeout(() => this.open(), pause);
  }

  /** Gives the socket up without waiting for its good-bye, which may never come. */
  private drop(): void {
    const socket = this.socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.lost(socket);
  }

  /** The device is back from sleep, or has a network again. */
  private hurry(): void {
    this.pause = PAUSE_FIRST;
    if (this.timer !== undefined) this.open();
    else if (this.socket?.readyState === WebSocket.OPEN) this.probe();
  }

  private supervise(): void {
    const now = performance.now();
    if (!this.socket) return;
    if (this.socket.readyState !== WebSocket.OPEN) {
      if (now - this.openedAt > OPENING_MOST) this.drop();
      return;
    }
    const waits = [...this.pending.values()];
    const alive = Math.max(this.heardAt, this.openedAt);
    const late = waits.some(({ patient, sent }) => !patient && now - Math.max(sent, alive) > LATE);
    const silent = waits.length > 0 && now - alive > SILENCE_MOST;
    if (waits.length > 0 && !this.waiting && now - alive > QUIET) this.probe();
    if (silent || (this.suspectSince && now - this.suspectSince > LATE)) {
      this.drop();
    } else if (late && !this.suspectSince) {
      this.suspectSince = now;
      this.probe();
    }
  }
}
