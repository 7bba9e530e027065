/** Who is logged in. The token lives as long as this tab, and is in no URL, cookie or log. */
import { signal } from '@preact/signals';
import { Role, type LoginDone } from 'lab.proto';
import { bus } from './bus';
import { go } from './route';

export interface Person {
  token: string;
  name: string;
  role: number;
  /** Spectators: what they may watch. */
  rig: string;
  expires: number; // ms since 1970
}

const KEY = 'person';

function restore(): Person | null {
  try {
    const person = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Person | null;
    return person && person.expires > Date.now() ? person : null;
  } catch {
    return null;
  }
}

function keep(person: Person | null): void {
  try {
    if (person) sessionStorage.setItem(KEY, JSON.stringify(person));
    else sessionStorage.clear();
  } catch { /* storage is off: a reload logs out */ }
}

export const person = signal<Person | null>(restore());
/** Why the last login ended, as a reason's name. */
export const endedBecause = signal('');
bus.token = person.peek()?.token ?? '';

function become({ token, name, role, rig, expires }: LoginDone): void {
  person.value = { token, name, role, rig, expires };
  bus.token = token;
  endedBecause.value = '';
  keep(person.peek());
}

export async function login(name: string, password: string): Promise<void> {
  const answer = await bus.ask({ login: { name, password } });
  become(answer.login!);
}

export async function loginWithCode(code: string): Promise<void> {
  const answer = await bus.ask({ login: { join_code: code } });
  become(answer.login!);
  go('rig', answer.login!.rig);
}

function forget(): void {
  person.value = null;
  bus.token = '';
  keep(null);
}

export async function logout(): Promise<void> {
  const done = bus.ask({ logout: {} });
  forget();
  go('');
  await done.catch(() => {});
}

bus.onLoggedOut = () => {
  if (person.peek()) endedBecause.value = 'token-void';
  forget();
};

export const isSpectator = () => person.value?.role === Role.SPECTATOR;
export const isTechnician = () => person.value?.role === Role.TECHNICIAN;
/** Who plans the laboratory's time. */
export const plans = () => isTechnician() || person.value?.role === Role.SCHEDULER;
/** Who may take control in anybody's session. */
export const isStaff = () => person.value?.role === Role.TEACHER || isTechnician();
