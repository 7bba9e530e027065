/** What one press does by several commands, each with its own mark. */
import { DIVISIONS, isOn, nearestStep, setting, triggered, type Channel } from './instrument';
import { measure } from './measure';
import type { ScopeState } from './state';

const TRIES = 5;
const FRESH_MOST = 4_000; // ms
/** A signal is shown over so many divisions, and so many of its periods. */
const HEIGHT = 4.5, PERIODS = 3;
const LEAST = 2.8, MOST = 7.2; // divisions, whatever the nearest of 1, 2 and 5 is
const choice = (live: { point: { choices: { name: string; number: number }[] } } | undefined, name: string) =>
  live?.point.choices.find((each) => each.name.toUpperCase().startsWith(name))?.number;

export async function runOrStop(state: ScopeState): Promise<void> {
  const { running, sweep } = state.instrument.peek() ?? {};
  const isRunning = setting(running, 1) !== 0;
  if (!isRunning && sweep && setting(sweep, 0) === choice(sweep, 'SING')) await state.press(sweep, choice(sweep, 'AUTO')!);
  await state.press(running, !isRunning);
}

export async function single(state: ScopeState): Promise<void> {
  const { sweep } = state.instrument.peek() ?? {};
  const number = choice(sweep, 'SING');
  if (number !== undefined) await state.press(sweep, number);
}

/** Resolves when a trace has come that was acquired after now. */
function fresh(state: ScopeState): Promise<void> {
  const since = state.live.newest;
  return new Promise((resolve) => {
    const timer = setTimeout(done, FRESH_MOST);
    let frames = 0;
    // Of the first new frame a part may have been read before the command acted.
    const unwatch = state.live.traces.subscribe(() => { if (state.live.newest > since && ++frames > 1) done(); });
    function done() {
      clearTimeout(timer);
      setTimeout(() => unwatch());
      resolve();
    }
  });
}

/** Scale and offset that show a channel's signal whole; true when it is. */
async function fit(state: ScopeState, channel: Channel): Promise<boolean> {
  const wave = state.wave(channel);
  if (!wave || !channel.scale) return false;
  const { minimum, maximum } = measure(wave);
  const scale = setting(channel.scale, 1);
  const middle = (maximum + minimum) / 2, height = Math.max(maximum - minimum, 8 * wave.resolution);
  const divisions = height / scale;
  if (!wave.clipped && divisions > LEAST && divisions < MOST) return true;
  const wanted = wave.clipped ? scale * 5 : nearestStep(height / HEIGHT);
  await state.press(channel.scale, nearestStep(Math.min(channel.scale.point.maximum, Math.max(channel.scale.point.minimum, wanted))));
  if (!wave.clipped && Math.abs(middle) > height / 4) await state.press(channel.offset, Number((-middle).toPrecision(3)));
  else if (Math.abs(setting(channel.offset, 0)) > scale / 100) await state.press(channel.offset, 0);
  return false;
}

/** Looks at the signal, chooses, and looks again: on any oscilloscope, by commands that anybody may give and that interlocks see. */
export async function autoset(state: ScopeState): Promise<void> {
  const instrument = state.instrument.peek();
  if (!instrument || state.busy.peek()) return;
  state.busy.value = true;
  const { sweep, running } = instrument;
  if (setting(running, 1) === 0) await state.press(running, true);
  if (sweep && setting(sweep, 0) !== choice(sweep, 'AUTO')) await state.press(sweep, choice(sweep, 'AUTO')!);
  for (const channel of instrument.channels.filter(isOn))
    for (let i = 0; i < TRIES && state.rig.seat.inControl.peek() && !await fit(state, channel); i++) await fresh(state);
  const source = triggered(instrument) ?? instrument.channels[0];
  for (let i = 0; source && i < TRIES && state.rig.seat.inControl.peek(); i++) {
    const wave = state.wave(source);
    if (!wave) break;
    const { period, maximum, minimum } = measure(wave);
    const scale = setting(instrument.timeScale, 1e-3);
    const wanted = Number.isNaN(period) ? scale * (i % 2 ? 50 : 0.1) : nearestStep(PERIODS * period / DIVISIONS.across);
    if (i === 0) await state.press(instrument.level, Number(((maximum + minimum) / 2).toPrecision(3)));
    if (!Number.isNaN(period) && wanted >= scale * 0.49 && wanted <= scale * 2.1) break;
    await state.press(instrument.timeScale, nearestStep(Math.min(50, Math.max(5e-9, wanted))));
    await fresh(state);
  }
  state.busy.value = false;
}
