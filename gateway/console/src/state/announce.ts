/** What a screen reader says at once: trips, stops, refusals (components/announcer.tsx). */
import { signal } from '@preact/signals';

export const announcement = signal({ text: '', urgent: false });

export function announce(text: string, urgent = false): void {
  announcement.value = { text, urgent };
}
