/** A course's list as a registrar's system exports it: docs/course-import.md. */
import type { Course, Sparse } from 'lab.proto';

export interface Mistake {
  line: number;
  column: string;
  text: string;
  why: 'quote' | 'missing' | 'empty' | 'weeks' | 'weekday' | 'periods' | 'twice';
}
export interface Roster {
  courses: (Sparse<Course> & { students: string[]; lines: number[] })[];
  mistakes: Mistake[];
  rows: number;
}

/** UTF-16 where a mark says so, UTF-8 where it is that, otherwise GB18030. Throws on anything else. */
export function decode(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes);
  const fatal = (encoding: string) => new TextDecoder(encoding, { fatal: true }).decode(bytes);
  if (first === 0xff && second === 0xfe) return fatal('utf-16le');
  if (first === 0xfe && second === 0xff) return fatal('utf-16be');
  try {
    return fatal('utf-8');
  } catch {
    return fatal('gb18030');
  }
}

interface Line {
  line: number;
  fields: string[];
}

/** RFC 4180. Throws the line of a quotation mark that is not closed. */
export function parse(text: string): Line[] {
  const lines: Line[] = [];
  let fields: string[] = [], field = '', quoted = false, line = 1, begun = 1;
  const end = () => {
    fields.push(field);
    if (fields.some((each) => each.trim())) lines.push({ line: begun, fields });
    fields = [];
    field = '';
    begun = line;
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === '\n') line++;
    if (quoted && letter === '"' && text[i + 1] === '"') field += text[++i];
    else if (letter === '"' && (quoted || !field)) quoted = !quoted;
    else if (quoted) field += letter;
    else if (letter === ',') { fields.push(field); field = ''; }
    else if (letter === '\n') end();
    else if (letter !== '\r' || text[i + 1] !== '\n') field += letter;
  }
  if (quoted) throw begun;
  if (field || fields.length) end();
  return lines;
}

const SIMPLE: [RegExp, string][] = [
  [/[－—–~～至]/g, '-'], [/[，、;；]/g, ','], [/[第节周()（）\s]/g, ''], [/单/g, 'odd'], [/双/g, 'even'],
];
function simple(text: string): string {
  const narrow = text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
  return SIMPLE.reduce((so, [from, to]) => so.replace(from, to), narrow).toLowerCase();
}

const WEEKS_MOST = 60;
/** As the gateway reads them: "odd", or single weeks. "": it is none. */
export function weeksOf(text: string): string {
  const short = simple(text);
  if (/^(odd|even)$/.test(short)) return short;
  const weeks = new Set<number>();
  for (const range of short.split(',')) {
    const found = /^(\d+)(?:-(\d+))?(odd|even)?$/.exec(range);
    const first = Number(found?.[1]), last = Number(found?.[2] ?? found?.[1]);
    if (!found || first < 1 || last < first || last > WEEKS_MOST) return '';
    for (let week = first; week <= last; week++) {
      if (found[3] && (week % 2 === 1) !== (found[3] === 'odd')) continue;
      if (weeks.has(week)) return '';
      weeks.add(week);
    }
  }
  return [...weeks].sort((a, b) => a - b).join(',');
}

const ENGLISH = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** ISO 8601, Monday 1; 0: it is none. */
export function weekdayOf(text: string): number {
  const word = text.trim().toLowerCase();
  const english = word.length >= 2 ? ENGLISH.findIndex((day) => day.startsWith(word)) + 1 : 0;
  const rest = word.replace(/^(星期|礼拜|周)/, '');
  const chinese = rest.length === 1 ? '一二三四五六日'.indexOf(rest) + 1 || (rest === '天' ? 7 : 0) : 0;
  return english || chinese || (/^[1-7]$/.test(word) ? Number(word) : 0);
}

/** First and last; "3,4,5" is a range, too. */
export function periodsOf(text: string): [number, number] | undefined {
  let range: [number, number] | undefined;
  for (const each of simple(text).split(',')) {
    const found = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(each);
    const first = Number(found?.[1]), last = Number(found?.[2] ?? found?.[1]);
    if (!found || first < 1 || last < first || (range && first !== range[1] + 1)) return undefined;
    range = [range?.[0] ?? first, last];
  }
  return range;
}

const COLUMNS = {
  account: ['student number', '学号', 'account', 'student id', 'student no'],
  course: ['course', '课程', '课程名称', 'course name'],
  group: ['group', '预约组'],
  weeks: ['weeks', '周次', 'week', '上课周次'],
  weekday: ['weekday', '星期', 'day'],
  periods: ['periods', '节次', 'period', '上课节次'],
};
type Column = keyof typeof COLUMNS;
const NEEDED: Column[] = ['account', 'weeks', 'weekday', 'periods'];

function places(heading: string[]): Record<Column, number> {
  const plain = heading.map((each) => each.trim().toLowerCase().replace(/_/g, ' '));
  return Object.fromEntries(Object.entries(COLUMNS).map(([column, names]) =>
    [column, plain.findIndex((each) => names.includes(each))])) as Record<Column, number>;
}

/** Everything that is wrong is told at once; nothing is asked of the gateway then. */
export function readRoster(text: string): Roster {
  const roster: Roster = { courses: [], mistakes: [], rows: 0 };
  let lines: Line[];
  try {
    lines = parse(text);
  } catch (line) {
    roster.mistakes.push({ line: Number(line), column: '', text: '', why: 'quote' });
    return roster;
  }
  const heading = lines.shift();
  const place = places(heading?.fields ?? []);
  for (const column of NEEDED)
    if (place[column] < 0) roster.mistakes.push({ line: 1, column: COLUMNS[column].slice(0, 2).join(' / '), text: '', why: 'missing' });
  if (roster.mistakes.length) return roster;
  const classes = new Map<string, Roster['courses'][number]>();
  for (const { line, fields } of lines) {
    const of = (column: Column) => (fields[place[column]] ?? '').trim();
    const wrong = (column: Column, why: Mistake['why']) =>
      roster.mistakes.push({ line, column: heading!.fields[place[column]]!.trim(), text: of(column), why: of(column) ? why : 'empty' });
    const account = of('account'), weeks = weeksOf(of('weeks')), weekday = weekdayOf(of('weekday')), periods = periodsOf(of('periods'));
    roster.rows++;
    if (!account) wrong('account', 'empty');
    if (!weeks) wrong('weeks', 'weeks');
    if (!weekday) wrong('weekday', 'weekday');
    if (!periods) wrong('periods', 'periods');
    if (!account || !weeks || !weekday || !periods) continue;
    const key = JSON.stringify([of('course'), of('group'), weeks, weekday, periods]);
    let course = classes.get(key);
    if (!course) {
      course = { name: of('course'), group: of('group'), weeks, slots: [{ weekday, first_period: periods[0], last_period: periods[1] }], students: [], lines: [] };
      classes.set(key, course);
      roster.courses.push(course);
    }
    if (course.students.includes(account)) wrong('account', 'twice');
    else {
      course.students.push(account);
      course.lines.push(line);
    }
  }
  return roster;
}
