"""school.py - a term to come, students and a registrar's list, for tests of the timetable."""
import datetime

import lab as laboratory

HOUR = 3600_000
ZONE = datetime.timezone(datetime.timedelta(hours=8))  # the demo's, Asia/Shanghai
MONDAY = (lambda today: today + datetime.timedelta(days=21 - today.weekday()))(datetime.datetime.now(ZONE).date())


def day(week, weekday):
    """The date of a week and weekday of the term, from 1."""
    return MONDAY + datetime.timedelta(days=7 * (week - 1) + weekday - 1)


def instant(week, weekday, hour, minute=0):
    date = day(week, weekday)
    return int(datetime.datetime(date.year, date.month, date.day, hour, minute, tzinfo=ZONE).timestamp() * 1000)


OPEN = "  open: {weekdays: 08:00-22:00, saturday: 08:00-22:00}\n"


def with_term(text, _, extra=""):
    """16 weeks, four periods; the Tuesday of week 3 is a holiday that Saturday stands for, its Thursday is one without."""
    return text + f"""
timetable:
  periods: {{1: 08:00-08:45, 2: 08:55-09:40, 3: 10:00-10:45, 4: 10:55-11:40}}
  terms:
    term-1: {{title: {{en: term-1, zh: 第一学期}}, start: {MONDAY}, weeks: 16}}
  holidays:
    - {{name: {{en: Moon Day, zh: 中秋节}}, from: {day(3, 2)}, until: {day(3, 2)}}}
    - {{name: {{en: River Day, zh: 江河日}}, from: {day(3, 4)}, until: {day(3, 4)}}}
  makeup:
    - {{on: {day(3, 6)}, as: {day(3, 2)}}}
{OPEN}schools:
  shihezi: {{title: Shihezi University, weight: 3}}
groups:
  ee: {{title: Electrical engineering, school: shihezi, weight: 1, policy: student}}
  careful: {{title: Careful people, school: shihezi, weight: 1, policy: careful}}
policies:
  student: {{horizon: 300 d, longest: 4 h, grace: 0 s}}
  careful: {{horizon: 300 d, qualification: high-voltage, grace: 0 s}}
""" + extra


def never_closed(text, it):
    """The same for who books now, whatever hour of whatever day it is."""
    return with_term(text, it).replace(OPEN, "")


def enroll(lab, count):
    """So many students s1, s2, ...; only the first can log in quickly, for hashing takes its time."""
    names = [f"s{i + 1}" for i in range(count)]
    lab.admin(account_put={"import": [{"name": name, "role": "STUDENT", "title": f"学生 {name}"} for name in names],
                           "passwords": [laboratory.PASSWORD] * count})
    lab.people.update(names)
    return names


def login(lab, *names):
    for name in names:
        lab.labctl("login", name, "--password-stdin", text=laboratory.PASSWORD + "\n", profile=name)
