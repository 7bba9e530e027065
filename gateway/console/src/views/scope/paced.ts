/** Figures that change faster than anybody reads them. */
import { effect, signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** What `of` gives, anew after signals that it reads have changed, but not oftener than each `every` ms. `whose`: what it reads
 * beside signals; with another one `of` is another function. */
export function usePaced<T>(first: T, of: () => T, every: number, whose?: unknown): T {
  const shown = useSignal(first);
  useEffect(() => {
    const due = signal(0);
    let last = -every, waits: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      void due.value;
      const left = last + every - performance.now();
      if (left > 0) { // nothing else is read meanwhile
        waits ??= setTimeout(() => { waits = undefined; due.value++; }, left);
        return;
      }
      last = performance.now();
      shown.value = of();
    });
    return () => {
      stop();
      clearTimeout(waits);
    };
  }, [whose]);
  return shown.value;
}
