/** Notes and snapshots of a person about a rig, on this device. */
import { signal } from '@preact/signals';
import { Type } from 'lab.proto';
import { grade } from '../../components/quality';
import { person } from '../../state/identity';
import type { LivePoint, Rig } from '../../state/rig';

export interface Snapshot {
  /** ms since 1970. */
  time: number;
  remark: string;
  values: { name: string; number: number; text: string; unit: string; quality: string }[];
}

interface Kept {
  notes: string;
  snapshots: Snapshot[];
}

const MOST = 200;

export class Notebook {
  readonly notes = signal('');
  readonly snapshots = signal<Snapshot[]>([]);
  /** The device refused to keep it. */
  readonly full = signal(false);

  constructor(private readonly rig: Rig) {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? '{}') as Partial<Kept>;
      this.notes.value = kept.notes ?? '';
      this.snapshots.value = kept.snapshots ?? [];
    } catch { /* storage is off, or holds something else: begin anew */ }
  }

  private get key(): string {
    return `notes ${person.peek()?.name ?? ''} ${this.rig.name}`;
  }

  private keep(): void {
    try {
      localStorage.setItem(this.key, JSON.stringify({ notes: this.notes.peek(), snapshots: this.snapshots.peek() } satisfies Kept));
      this.full.value = false;
    } catch {
      this.full.value = true;
    }
  }

  write(text: string): void {
    this.notes.value = text;
    this.keep();
  }

  take(remark: string, time: number): void {
    const values = this.rig.points.peek().flatMap((live) => {
      const value = live.value.peek();
      if (!value?.time) return [];
      const { name, unit, type } = live.point;
      return [{ name, unit, number: value.number, text: type === Type.TEXT ? value.text : '', quality: grade(value) }];
    });
    this.snapshots.value = [...this.snapshots.peek(), { time, remark, values }].slice(-MOST);
    this.keep();
  }

  forget(): void {
    this.notes.value = '';
    this.snapshots.value = [];
    try {
      localStorage.removeItem(this.key);
    } catch { /* storage is off */ }
  }
}

/** A row for each value of each snapshot: what a spreadsheet can filter. */
export function snapshotRows(snapshots: Snapshot[]): (string | number)[][] {
  return [['time', 'remark', 'point', 'value', 'unit', 'quality'],
    ...snapshots.flatMap(({ time, remark, values }) => values.map((value) =>
      [new Date(time).toISOString(), remark, value.name, value.text || value.number, value.unit, value.quality]))];
}

/** A column for each number, a row for each instant at which one of them was read; what was not good is left empty. */
export function curveRows(numbers: LivePoint[], wallOf: (seconds: number) => number): (string | number)[][] {
  const shown = numbers.filter(({ history }) => history && history.count > 0);
  const rows = new Map<number, (string | number)[]>();
  shown.forEach(({ history }, column) => {
    const { times, values } = history!.columns(-Infinity);
    times.forEach((time, i) => {
      const row = rows.get(time) ?? Array<string | number>(shown.length).fill('');
      row[column] = values[i] ?? '';
      rows.set(time, row);
    });
  });
  return [['time', ...shown.map(({ point }) => (point.unit ? `${point.name} / ${point.unit}` : point.name))],
    ...[...rows].sort(([a], [b]) => a - b).map(([time, row]) => [new Date(wallOf(time)).toISOString(), ...row])];
}
