/** The second hand: what shows time or age reads `now`. */
import { signal } from '@preact/signals';

/** ms since 1970 by the gateway's wall clock where it is known: phones are often minutes off. */
export const now = signal(Date.now());
let ahead = 0;

export function heardWall(wall: number): void {
  if (wall) ahead = wall - Date.now();
}

setInterval(() => {
  now.value = Date.now() + ahead;
}, 1000);
