/** What a report needs: the traces as data with their settings above, and the screen as a picture. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { numberText } from '../../format/number';
import { saveFile, csvText } from '../../format/save';
import { stamp } from '../../format/time';
import { titleOf } from '../../i18n';
import { said } from '../../i18n/sentences';
import { isLive } from '../../components/line-banner';
import { Problem } from '../../components/problem';
import { wallOf } from '../../state/ticker';
import { DeepCapture } from './deep';
import { Painter } from './draw';
import { finest } from './live';
import type { ScopeState } from './state';
import type { Wave } from './unpack';
import { s } from './words';

const PICTURE = { width: 1200, height: 800 };

/** A row for each column; a lowest and a highest value where there are more samples than columns. */
function rows(state: ScopeState, found: Map<number, Wave>): (string | number)[][] | undefined {
  const channels = state.shown.peek().filter(({ waveform }) => found.has(waveform));
  const [first] = channels;
  if (!first) return undefined;
  const waves = channels.map(({ waveform }) => found.get(waveform)!);
  const heads = channels.flatMap((channel, i) => waves[i]!.lows === waves[i]!.highs ? [`${channel.name} / ${channel.unit}`]
    : [`${channel.name} lowest / ${channel.unit}`, `${channel.name} highest / ${channel.unit}`]);
  const longest = waves.reduce((a, b) => (b.lows.length > a.lows.length ? b : a));
  const table = Array.from(longest.lows, (_, i) => {
    const time = longest.first + i * longest.step;
    return [Number(time.toPrecision(7)), ...waves.flatMap((wave) => {
      const at = Math.round((time - wave.first) / wave.step);
      const value = (of: Float32Array) => (at >= 0 && at < of.length ? Number(of[at]!.toPrecision(5)) : '');
      return wave.lows === wave.highs ? [value(wave.lows)] : [value(wave.lows), value(wave.highs)];
    })];
  });
  return [['time / s', ...heads], ...table];
}

const fileName = (state: ScopeState, end: string) =>
  `${state.rig.name}-${state.instrument.peek()!.name}-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.${end}`;

function picture(state: ScopeState): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = PICTURE.width;
  canvas.height = PICTURE.height + 60;
  const context = canvas.getContext('2d')!;
  const live = isLive();
  new Painter(context).draw(state, PICTURE, 1, live);
  context.fillStyle = '#fff';
  context.fillRect(0, PICTURE.height, PICTURE.width, 60);
  context.fillStyle = '#111';
  context.font = '24px system-ui, sans-serif';
  const head = document.querySelector('.scope-head')?.textContent ?? '';
  const rig = state.rig.detail.peek()?.rig;
  const texts = [rig ? titleOf(rig) : state.rig.name, head, state.acquired ? stamp(wallOf(state.acquired * 1e-9)) : s('save.none'), live ? '' : s('old')];
  context.fillText(texts.filter(Boolean).join('   '), 16, PICTURE.height + 38, PICTURE.width - 32);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** The instrument's memory; a screen has a thousandth of it. */
function Deep({ state }: { state: ScopeState }) {
  const deep = useMemo(() => new DeepCapture(state.rig), [state]);
  const channel = state.channel.value, step = deep.step.value;
  if (!channel) return null;
  const waveform = `${state.instrument.value!.name}.${channel.name}`;
  const take = async () => {
    const blob = await deep.take(waveform);
    if (blob) saveFile(fileName(state, `${channel.name}.csv`), blob);
  };
  const bytes = (count: number) => (count ? numberText(count, 'B') : '…');
  return (
    <div class="stack tight" data-deep={step?.at ?? ''}>
      <button type="button" disabled={deep.busy || !state.mayPress} aria-describedby="deep-about" onClick={() => void take()}>
        {s('deep', { channel: titleOf(channel.title) })}</button>
      <p id="deep-about" class="faint small">{s('deep.about')}</p>
      {(step?.at === 'acquiring' || step?.at === 'reading') && <div class="row">
        <span class="grow"><progress max={step.whole || 1} value={step.done} aria-label={s('deep', { channel: titleOf(channel.title) })} /> {
          s(`deep.${step.at}`, { done: bytes(step.done), whole: bytes(step.whole) })}</span>
        <button type="button" onClick={() => deep.cancel()}>{s('deep.cancel')}</button></div>}
      {step?.at === 'failed' && <p class="problem" role="alert">{s('deep.failed', { why: said(step.why) })}</p>}
      <Problem error={step?.at === 'refused' ? step.error : undefined} />
    </div>
  );
}

export function Save({ state }: { state: ScopeState }) {
  const none = useSignal(false), busy = useSignal(false), error = useSignal<unknown>(undefined);
  const csv = async () => {
    busy.value = true;
    error.value = undefined;
    const table = await finest(state.rig).then((found) => rows(state, found), (refusal) => { error.value = refusal; });
    busy.value = false;
    none.value = !table;
    if (table) saveFile(fileName(state, 'csv'), new Blob([csvText(table)], { type: 'text/csv' }));
  };
  const png = async () => {
    const blob = await picture(state);
    if (blob) saveFile(fileName(state, 'png'), blob);
  };
  return (
    <section class="card stack">
      <h2>{s('save')}</h2>
      <div class="row">
        <button type="button" class="grow" disabled={busy.value} onClick={() => void csv()}>{s('save.csv')}</button>
        <button type="button" class="grow" onClick={() => void png()}>{s('save.png')}</button>
      </div>
      <Problem error={error.value} />
      {none.value && <p role="status">{s('save.none')}</p>}
      <Deep state={state} />
    </section>
  );
}
