/** What a student takes home of a rig: notes, snapshots, and the curves as data. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { minutes } from '../../components/curve-panel';
import { RigHeader } from '../../components/rig-header';
import { StopBar } from '../../components/stop-bar';
import { csvText, saveFile } from '../../format/save';
import { moment } from '../../format/time';
import { bus } from '../../state/bus';
import { titleOf } from '../../i18n';
import { chosenFor } from '../../state/curve';
import { person } from '../../state/identity';
import { looking, lookAt, type Rig } from '../../state/rig';
import { go } from '../../state/route';
import { now } from '../../state/ticker';
import type { View } from '../on-demand';
import { curveRows, Notebook, snapshotRows } from './notebook';
import { r } from './words';

const csv = (rig: Rig, what: string, rows: (string | number)[][]) =>
  saveFile(`${rig.name}-${what}.csv`, new Blob(['\ufeff', csvText(rows)], { type: 'text/csv' }));
/** Of the values that are drawn beside the rig. The code that draws is fetched when it was not yet. */
async function png(rig: Rig) {
  const { curvePicture } = await import('../../components/curve');
  const lines = chosenFor(rig).peek().map((name) => rig.point(name)).filter((live) => live !== undefined);
  const of = rig.detail.peek()!.rig!;
  const blob = await curvePicture({ lines, minutes: minutes.peek(), label: '' }, `${titleOf(of)}, ${moment(now.peek(), 0)}`);
  if (blob) saveFile(`${rig.name}-curves.png`, blob);
}
/** The gateway's seconds as ms since 1970. */
const wallOf = (seconds: number) => now.peek() - (bus.clock.now() * 1e-9 - seconds) * 1000;

function Snapshots({ notebook }: { notebook: Notebook }) {
  const remark = useSignal('');
  const take = (event: Event) => {
    event.preventDefault();
    notebook.take(remark.value.trim(), now.peek());
    remark.value = '';
  };
  return (
    <section class="card stack">
      <h2>{r('snapshots')}</h2>
      <form class="stack" onSubmit={take}>
        <label>{r('remark')}<input value={remark.value} maxLength={200} onInput={(event) => { remark.value = event.currentTarget.value; }} /></label>
        <button class="main">{r('snapshot')}</button>
      </form>
      {!notebook.snapshots.value.length && <p class="faint">{r('snapshots.none')}</p>}
      <ul class="lines" data-snapshots={notebook.snapshots.value.length}>
        {[...notebook.snapshots.value].reverse().map(({ time, remark: text, values }) => (
          <li key={time}><span>{moment(time, now.value)} {text}</span><span class="faint">{r('values', { count: values.length })}</span></li>
        ))}
      </ul>
    </section>
  );
}

function Downloads({ rig, notebook }: { rig: Rig; notebook: Notebook }) {
  const sure = useSignal(false);
  return (
    <section class="card stack">
      <h2>{r('download')}</h2>
      <button type="button" onClick={() => csv(rig, 'curves', curveRows(rig.numbers.peek(), wallOf))}>{r('csv.curves')}</button>
      <button type="button" disabled={!chosenFor(rig).value.length} onClick={() => void png(rig)}>{r('png.curves')}</button>
      <button type="button" disabled={!notebook.snapshots.value.length}
        onClick={() => csv(rig, 'snapshots', snapshotRows(notebook.snapshots.peek()))}>{r('csv.snapshots')}</button>
      <button type="button" disabled={!notebook.notes.value}
        onClick={() => saveFile(`${rig.name}-notes.txt`, new Blob([notebook.notes.peek()], { type: 'text/plain' }))}>{r('text')}</button>
      <button type="button" class="quiet" onClick={() => {
        if (sure.value) notebook.forget();
        sure.value = !sure.value;
      }}>{sure.value ? r('delete.sure') : r('delete')}</button>
    </section>
  );
}

function ReportView({ of }: { of: string }) {
  lookAt(of);
  const rig = looking.value!;
  const notebook = useMemo(() => new Notebook(rig), [rig]);
  return (
    <main class="page stack with-stop-bar">
      <RigHeader rig={rig} back={() => go('rig', of)} />
      <h2>{r('title')}</h2>
      <section class="card stack tight">
        <label>{r('notes')}
          <textarea rows={7} value={notebook.notes.value} onInput={(event) => notebook.write(event.currentTarget.value)} /></label>
        <p class="faint small">{r('notes.where', { name: person.value?.name ?? '' })}</p>
        {notebook.full.value && <p class="problem" role="alert">{r('full')}</p>}
      </section>
      <Snapshots notebook={notebook} />
      <Downloads rig={rig} notebook={notebook} />
      <StopBar rig={rig} />
    </main>
  );
}

export async function load(): Promise<View> {
  return ReportView;
}
