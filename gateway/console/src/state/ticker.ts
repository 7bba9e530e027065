/** The second hand: what shows time or age reads `now`. */
import { signal } from '@preact/signals';
import { bus } from './bus';

/** ms since 1970 by the gateway's wall clock where it is known: phones are often minutes off. */
export const now = signal(Date.now());
let ahead: number | undefined;

export function heardWall(wall: number): void {
  if (wall) ahead = wall - Date.now();
}

/** The gateway's wall clock this moment; 0: it was not heard yet. */
export const wallNow = (): number => (ahead === undefined ? 0 : Math.round(Date.now() + ahead));

/** The gateway's seconds as ms since 1970. */
export function wallOf(seconds: number): number {
  return Date.now() + (ahead ?? 0) - (bus.clock.now() * 1e-9 - seconds) * 1000;
}

setInterval(() => {
  now.value = Date.now() + (ahead ?? 0);
}, 1000);
