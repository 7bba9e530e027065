/** The screen by keys alone. */
import { autoset, runOrStop, single } from './actions';
import { nextStep } from './instrument';
import type { ScopeState } from './state';

/** By so much of a division. */
const ACROSS = 1, UP = 0.5;

function shift(state: ScopeState, across: number, up: number): void {
  const { timeScale, timeOffset } = state.instrument.peek() ?? {};
  const channel = state.channel.peek();
  const live = across ? timeOffset : channel?.offset;
  const by = across ? across * state.value(timeScale, 1e-3) : up * state.value(channel?.scale, 1);
  state.draft(live, Number((state.value(live, 0) + by).toPrecision(4)));
  void state.release(live);
}

function stretch(state: ScopeState, tall: boolean, way: number): void {
  const live = tall ? state.channel.peek()?.scale : state.instrument.peek()?.timeScale;
  state.draft(live, nextStep(state.value(live, 1), way));
  void state.release(live);
}

const acts: Record<string, (state: ScopeState) => void> = {
  ArrowLeft: (state) => shift(state, ACROSS, 0),
  ArrowRight: (state) => shift(state, -ACROSS, 0),
  ArrowUp: (state) => shift(state, 0, UP),
  ArrowDown: (state) => shift(state, 0, -UP),
  '+': (state) => stretch(state, false, -1),
  '-': (state) => stretch(state, false, 1),
  '*': (state) => stretch(state, true, -1),
  '/': (state) => stretch(state, true, 1),
  ' ': (state) => void runOrStop(state),
  s: (state) => void single(state),
  a: (state) => void autoset(state),
};
const looks: Record<string, (state: ScopeState) => void> = {
  c: (state) => { state.cursors.value = !state.cursors.peek(); },
  f: (state) => { state.mode.value = state.mode.peek() === 'time' ? 'spectrum' : 'time'; },
};

export function press(state: ScopeState, event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target !== event.currentTarget) return;
  const channel = state.instrument.peek()?.channels.find(({ label }) => label === event.key);
  const look = looks[event.key], act = acts[event.key];
  if (channel) state.choose(channel);
  else if (look) look(state);
  else if (act && state.mayPress) act(state);
  else return;
  event.preventDefault();
}
