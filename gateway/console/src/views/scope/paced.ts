/** Figures that change faster than anybody reads them. */
import { effect, signal, useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** What `of` gives, anew after signals that it reads have changed, but not oftener than each `every` ms. `whose`: what it reads
 * beside signals; with another one `of` is another function. Put into the document as it is, text or attribute, it changes that and makes no
 * component anew. */
export function usePaced<T>(first: T, of: () => T, every: number, whose?: unknown): ReadonlySignal<T> {
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
  return shown;
}
