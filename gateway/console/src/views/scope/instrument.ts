/** An oscilloscope among a rig's instruments: its points by their names (docs/configuration-guide.md). What a profile lacks is
 * undefined, and not offered. */
import { Quality } from 'lab.proto';
import type { LivePoint, Rig } from '../../state/rig';

export interface Channel {
  /** "ch1" */
  name: string;
  /** What stands at its trace: "1". */
  label: string;
  waveform: number;
  unit: string;
  title: { title: string; title_zh: string; name: string };
  on: LivePoint | undefined;
  scale: LivePoint | undefined;
  offset: LivePoint | undefined;
  coupling: LivePoint | undefined;
}

export interface Instrument {
  name: string;
  channels: Channel[];
  timeScale: LivePoint | undefined;
  timeOffset: LivePoint | undefined;
  source: LivePoint | undefined;
  level: LivePoint | undefined;
  slope: LivePoint | undefined;
  sweep: LivePoint | undefined;
  status: LivePoint | undefined;
  running: LivePoint | undefined;
  acquisition: LivePoint | undefined;
  averages: LivePoint | undefined;
}

export const DIVISIONS = { across: 12, up: 8 };

export function instruments(rig: Rig): Instrument[] {
  const waveforms = rig.detail.value?.waveforms ?? [];
  const names = [...new Set(waveforms.map(({ name }) => name.slice(0, name.lastIndexOf('.'))))];
  return names.map((name) => {
    const point = (of: string) => rig.point(`${name}.${of}`);
    return {
      name,
      channels: waveforms.flatMap((waveform, index) => waveform.name.startsWith(name + '.') ? [channel(rig, waveform, index)] : []),
      timeScale: point('time_scale'),
      timeOffset: point('time_offset'),
      source: point('trigger_source'),
      level: point('trigger_level'),
      slope: point('trigger_slope'),
      sweep: point('trigger_sweep'),
      status: point('trigger_status'),
      running: point('running'),
      acquisition: point('acquisition'),
      averages: point('averages'),
    };
  });
}

function channel(rig: Rig, waveform: { name: string; title: string; title_zh: string; unit: string }, index: number): Channel {
  const name = waveform.name.slice(waveform.name.lastIndexOf('.') + 1);
  const point = (of: string) => rig.point(`${waveform.name}_${of}`);
  return {
    name, label: name.replace(/^\D+/, '') || name, waveform: index, unit: waveform.unit, title: waveform,
    on: point('on'), scale: point('scale'), offset: point('offset'), coupling: point('coupling'),
  };
}

/** The value of a setting, or what stands for it while it is not known. */
export function setting(live: LivePoint | undefined, otherwise: number): number {
  const value = live?.value.value;
  return value?.time && value.quality !== Quality.BAD ? value.number : otherwise;
}

export const isOn = (channel: Channel) => !channel.on || setting(channel.on, 0) !== 0;

/** The channel that triggers, by the number in its choice's name. */
export function triggered(instrument: Instrument): Channel | undefined {
  const choice = instrument.source?.point.choices.find(({ number }) => number === setting(instrument.source, 0));
  const label = choice?.name.replace(/^\D+/, '');
  return instrument.channels.find((each) => each.label === label);
}

const DECADE = [1, 2, 5, 10];
/** The nearest of 1, 2, 5, 10 ... in ratio. */
export function nearestStep(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  const best = DECADE.reduce((a, b) => Math.abs(Math.log(b * decade / value)) < Math.abs(Math.log(a * decade / value)) ? b : a);
  return Number((best * decade).toPrecision(3));
}

/** The next in the series, up (1) or down (-1). */
export function nextStep(value: number, way: number): number {
  const at = nearestStep(value);
  const decade = 10 ** Math.floor(Math.log10(at * 1.0001)), digit = Math.round(at / decade);
  const factor = way > 0 ? (digit === 2 ? 2.5 : 2) : (digit === 5 ? 1 / 2.5 : 1 / 2);
  return nearestStep(at * factor);
}
