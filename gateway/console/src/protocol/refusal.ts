import type { Answer } from 'lab.proto';

/** An answer that says no. `reason` is a stable name from docs/names.md. */
export class Refusal extends Error {
  readonly reason: string;
  readonly rule: string;
  /** The nearest legal value, where the refusal was for a range. */
  readonly nearest: number | undefined;

  constructor(readonly answer: Answer) {
    super(answer.message);
    this.reason = answer.reason;
    this.rule = answer.rule;
    this.nearest = answer.set?.has_nearest ? answer.set.nearest : undefined;
  }

  /** Whether the login has ended. */
  get isLogin(): boolean {
    return ['no-token', 'token-expired', 'token-void'].includes(this.reason);
  }
}
