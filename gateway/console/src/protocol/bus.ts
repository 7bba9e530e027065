/** The gateway's bus: who is asking, what is asked, and the answer. */
import type { Answer } from 'lab.proto';
import { GatewayClock } from './clock';
import { codecOf, encode, type Body, type Codec } from './codec';
import { Line, type Entry } from './line';
import { Refusal } from './refusal';

export interface Asking {
  seat?: number;
  /** When the person acted, by performance.now(): for what is refused when it comes too late. */
  acted?: number;
}

export class Bus {
  readonly clock = new GatewayClock();
  readonly line: Line;
  token = '';
  /** The login has ended, seen from an answer. */
  onLoggedOut: () => void = () => {};

  constructor(url: string) {
    this.line = new Line(url);
    this.line.probe = () => {
      if (this.token) void this.ask({ presence: {} }).catch(() => {});
      else this.line.add({ bytes: () => encode({ token: '', seat: 0, presence: {} }), answered: () => {} }); // its refusal is an answer too
    };
  }

  /** Resolves with the answer that says yes, however long the line takes; rejects with a Refusal. */
  ask(body: Body, asking: Asking = {}): Promise<Answer> {
    const codec = codecOf(body);
    return codec instanceof Promise ? codec.then((found) => this.say(found, body, asking)) : this.say(codec, body, asking);
  }

  private say({ encode, decode }: Codec, body: Body, { seat = 0, acted }: Asking): Promise<Answer> {
    // Encoded once: what is said again must be the same command, as old as it then is.
    const bytes = encode({ token: this.token, seat, ...this.freshness(acted), ...body });
    return new Promise((resolve, reject) => {
      this.line.add({
        bytes: () => bytes,
        answered: (answerBytes, sent) => {
          const answer = decode(answerBytes);
          this.clock.heard(answer, sent);
          if (answer.ok) resolve(answer);
          else reject(this.refused(answer));
        },
      });
    });
  }

  refused(answer: Answer): Refusal {
    const refusal = new Refusal(answer);
    if (refusal.isLogin) this.onLoggedOut();
    return refusal;
  }

  /** Something with many answers under one id. */
  open(entry: Entry): number {
    return this.line.add({ ...entry, patient: true });
  }

  private freshness(acted: number | undefined) {
    return acted === undefined ? {} : this.clock.freshness(acted);
  }
}
