/** What a technician looks at: rigs, lines and instruments, asked for again every few seconds while they are shown. */
import { computed, signal } from '@preact/signals';
import type { ConfigurationReport, HealthReport, InstrumentHealth, LinkHealth, Reaction, RigSummary } from 'lab.proto';
import { conditionText, isAbnormal } from '../../components/condition';
import { titleOf } from '../../i18n';
import { announce } from '../../state/announce';
import { bus } from '../../state/bus';
import { person } from '../../state/identity';
import { refreshRigs, repeat, rigs } from '../../state/lab';

const EVERY = 3_000; // ms

export const health = signal<HealthReport | undefined>(undefined);
export const configuration = signal<ConfigurationReport | undefined>(undefined);

export interface Standing {
  link: LinkHealth;
  instrument: InstrumentHealth;
}

/** A rig's instruments, each with the line that it is on. */
export const standing = computed(() => {
  const found = new Map<string, Standing[]>();
  for (const link of health.value?.links ?? [])
    for (const instrument of link.instruments)
      found.set(instrument.rig, [...(found.get(instrument.rig) ?? []), { link, instrument }]);
  return found;
});

export const needsSomebody = ({ name, status }: RigSummary): boolean =>
  !status || isAbnormal(status) || status.proof?.overdue === true || status.bypasses.length > 0
  || (standing.value.get(name) ?? []).some(({ instrument }) => !instrument.up);

/** Tells a screen reader what has changed for the worse, and at once. */
function tell(before: RigSummary[], after: RigSummary[]): void {
  for (const { status, ...rig } of after) {
    const old = before.find(({ name }) => name === rig.name)?.status;
    if (!status || !old || conditionText(old) === conditionText(status)) continue;
    announce(`${titleOf(rig as RigSummary)}: ${conditionText(status)}`, isAbnormal(status));
  }
}

export async function look(): Promise<void> {
  const before = rigs.peek();
  const [{ health: report }] = await Promise.all([bus.ask({ health: {} }), refreshRigs()]);
  health.value = report;
  tell(before, rigs.peek());
}

export const follow = () => repeat(look, EVERY);

export async function reactionsOf(rig: string): Promise<Reaction[]> {
  return (await bus.ask({ health: { rig } })).health!.reactions;
}

export async function askConfiguration(): Promise<void> {
  configuration.value = (await bus.ask({ configuration: {} })).configuration;
}

/** As a shell reads it. */
const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`);

/** What is asked through the gateway's own socket. */
export function labctl(...words: string[]): string {
  const socket = configuration.value?.socket;
  return ['labctl', ...(socket ? ['--socket', quoted(socket)] : []), ...words].join(' ');
}

/** For one's own lock-out; another's is removed by naming them instead. */
export const unlock = (rig: string) => labctl('lockout', rig, '--remove', '--of', quoted(person.value?.name ?? 'NAME'), 'REASON');

/** On a directory of files. */
export const labgate = (command: string) => `labgate ${command} ${quoted(configuration.value?.directory ?? 'DIR')}`;

