/** What stands around the screen: the buttons of an oscilloscope, its channels, what is measured, and what became of presses. */
import type { LivePoint } from '../../state/rig';
import { Chips } from '../../components/chips';
import { Icon } from '../../components/icon';
import { PressMark } from '../../components/press-mark';
import { numberText } from '../../format/number';
import { titleOf, word } from '../../i18n';
import { autoset, runOrStop, single } from './actions';
import { colourOf, SPECTRUM } from './draw';
import { isOn, nextStep, setting, triggered, type Channel } from './instrument';
import { usePaced } from './paced';
import { peak } from './spectrum';
import type { ScopeState } from './state';
import { s } from './words';

/** What an oscilloscope writes at the top of its screen. */
export function Head({ state }: { state: ScopeState }) {
  const instrument = state.instrument.value!;
  const { status, timeScale, sweep } = instrument;
  const said = status?.point.choices.find(({ number }) => number === setting(status, -1))?.name;
  const source = triggered(instrument);
  const swept = sweep?.point.choices.find(({ number }) => number === setting(sweep, -1))?.name;
  return (
    <div class="scope-head">
      {said && <span data-scope-status={said}><b>{said}</b></span>}
      {timeScale && <span data-time-scale>{numberText(state.value(timeScale, 0), 's')}/div</span>}
      {instrument.channels.filter(isOn).map((channel) => (
        <span key={channel.name} class={`chan ${channel === state.channel.value ? 'active' : ''}`} style={{ '--chan': colourOf(channel) }}>
          <b>{channel.label}</b>{channel.scale && `${numberText(state.value(channel.scale, 0), channel.unit)}/div`}
        </span>
      ))}
      {source && <span>T {source.label} {numberText(state.value(instrument.level, 0), source.unit)} {swept && word(swept)}</span>}
    </div>
  );
}

export function Toolbar({ state }: { state: ScopeState }) {
  const { running, sweep } = state.instrument.value!;
  const disabled = !state.mayPress;
  const runs = setting(running, 1) !== 0;
  return (
    <div class="toolbar" role="group" aria-label={s('title')}>
      {running && <button type="button" disabled={disabled} aria-pressed={runs} onClick={() => void runOrStop(state)}>
        {runs ? s('stop') : s('run')}</button>}
      {sweep && <button type="button" disabled={disabled} onClick={() => void single(state)}>{s('single')}</button>}
      <button type="button" disabled={disabled || state.busy.value} onClick={() => void autoset(state)}>
        {state.busy.value ? s('autoset.busy') : s('autoset')}</button>
      <button type="button" aria-pressed={state.cursors.value} onClick={() => { state.cursors.value = !state.cursors.value; }}>{s('cursors')}</button>
      <button type="button" aria-pressed={state.mode.value === 'spectrum'}
        onClick={() => { state.mode.value = state.mode.value === 'time' ? 'spectrum' : 'time'; }}>{s('spectrum')}</button>
    </div>
  );
}

function Knob({ state, live, unit, title, less, more }: {
  state: ScopeState; live: LivePoint | undefined; unit: string; title: string; less: string; more: string;
}) {
  if (!live) return null;
  const value = state.value(live, 1);
  const turn = (way: number) => {
    state.draft(live, nextStep(value, way));
    void state.release(live);
  };
  return (
    <div class="knob" role="group" aria-label={title}>
      <button type="button" aria-label={less} disabled={!state.mayPress} onClick={() => turn(-1)}>−</button>
      <span><b data-knob={live.point.name}>{numberText(value, unit)}</b><span class="faint small">{title}</span></span>
      <button type="button" aria-label={more} disabled={!state.mayPress} onClick={() => turn(1)}>+</button>
    </div>
  );
}

export function Knobs({ state }: { state: ScopeState }) {
  const instrument = state.instrument.value!, channel = state.channel.value;
  return (
    <div class="knobs">
      <Knob state={state} live={instrument.timeScale} unit="s" title={s('time')} less={s('faster')} more={s('slower')} />
      {channel && <Knob state={state} live={channel.scale} unit={channel.unit} title={s('channel.scale', { channel: titleOf(channel.title) })}
        less={s('finer', { channel: titleOf(channel.title) })} more={s('coarser', { channel: titleOf(channel.title) })} />}
    </div>
  );
}

function ChannelRow({ state, channel }: { state: ScopeState; channel: Channel }) {
  const on = isOn(channel), title = titleOf(channel.title);
  return (
    <li style={{ '--chan': colourOf(channel) }}>
      <button type="button" class="pick" disabled={!on} aria-pressed={channel === state.channel.value}
        onClick={() => state.choose(channel)}><i>{channel.label}</i>{title}</button>
      {channel.on && <button type="button" role="switch" aria-checked={on} disabled={!state.mayPress}
        data-channel={channel.name} onClick={() => void state.press(channel.on, !on)}><span class="unseen">{title} </span>
        <Icon name={on ? 'check' : 'cross'} /> {word(on ? 'on' : 'off')}</button>}
    </li>
  );
}

export function Channels({ state }: { state: ScopeState }) {
  return (
    <section class="card stack">
      <h2>{s('channels')}</h2>
      <ul class="channels">{state.instrument.value!.channels.map((each) => <ChannelRow key={each.name} state={state} channel={each} />)}</ul>
    </section>
  );
}

const ROWS = [['peakToPeak', ''], ['rms', ''], ['mean', ''], ['frequency', 'Hz'], ['period', 's'], ['riseTime', 's'], ['maximum', ''], ['minimum', '']] as const;

const MEASURED_EVERY = 500; // ms

export function Measurements({ state }: { state: ScopeState }) {
  const channel = state.channel.value;
  const measured = usePaced(undefined, () => state.measured.value, MEASURED_EVERY).value;
  if (!channel) return null;
  return (
    <section class="card stack">
      <h2>{s('measured', { channel: titleOf(channel.title) })}</h2>
      <dl class="readout" data-readout="measured">
        {ROWS.map(([name, unit]) => (
          <div key={name}><dt>{s(`m.${name}`)}</dt>
            <dd data-measured={name} data-value={measured?.[name]}>{measured && !Number.isNaN(measured[name]) ? numberText(measured[name], unit || channel.unit) : '—'}</dd></div>
        ))}
      </dl>
      {measured?.clipped && <p class="with-icon small"><Icon name="warning" />{s('clipped')}</p>}
      {measured?.approximate && <p class="faint small">{s('approximate')}</p>}
    </section>
  );
}

export function SpectrumReadout({ state }: { state: ScopeState }) {
  const found = state.spectrum.value, channel = state.channel.value;
  if (!found || !channel) return null;
  const top = peak(found);
  return (
    <p class="scope-foot" data-peak={top?.frequency}>
      <span>{s('spectrum.label', { channel: titleOf(channel.title) })}: {s('spectrum.scale', {
        low: numberText(0, 'Hz'), high: numberText(found.step * found.decibels.length, 'Hz'), top: SPECTRUM.top, bottom: SPECTRUM.bottom })}</span>
      {top && <strong>{s('peak', { frequency: numberText(top.frequency, 'Hz'), level: top.decibels.toFixed(1) })}</strong>}
    </p>
  );
}

/** Sent, confirmed by read-back, or refused because: of the last settings that were pressed or let go. */
export function Presses({ state }: { state: ScopeState }) {
  const { commands } = state.rig.seat;
  if (!state.recent.value.length) return null;
  return (
    <ul class="recent" aria-label={s('presses')}>
      {state.recent.value.map((live) => (
        <li key={live.point.name} data-recent={live.point.name}>
          <span class="faint small">{titleOf(live.point)}</span>
          <PressMark point={live.point} shown={state.rig.point(live.point.readback) ?? live} press={commands.of(live.point).value}
            again={(wish) => void state.press(live, wish)} />
        </li>
      ))}
    </ul>
  );
}

export function Instruments({ state, names }: { state: ScopeState; names: string[] }) {
  if (names.length < 2) return null;
  return <Chips label={s('which')} of={names.map((_, index) => index)} chosen={state.chosen} text={(index) => names[index]!} />;
}
