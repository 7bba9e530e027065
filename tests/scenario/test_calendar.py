"""What people see of the timetable outside of it: calendar files and feeds, the week as a page, the report."""
import contextlib
import csv
import ctypes
import datetime
import html.parser
import http.client
import io
import re
import sys
import time
import urllib.parse
import xml.dom.minidom

import lab as laboratory
from lab import Lab, Refused, as_json, until

HOUR = 3600_000
DAY = 24 * HOUR

GROUPS = """
schools:
  shihezi: {title: {en: Shihezi University, zh: 石河子大学}, weight: 3}
  chengdu: {title: Chengdu No. 7, weight: 1}
groups:
  ee-2024-1: {title: Electrical engineering, school: shihezi, weight: 1, policy: student}
  phys-1: {title: Physics, school: chengdu, weight: 1, policy: student}
policies:
  student: {longest: 4 h, horizon: 60 d, grace: 2 s}
"""


def with_groups(text, _):
    return text + GROUPS


def now():
    return int(time.time() * 1000)


def login(lab, *names):
    for name in names:
        lab.labctl("login", name, "--password-stdin", text=laboratory.PASSWORD + "\n", profile=name)


# ---- calendars, judged by libical's own parser ------------------------------------------------------------------


class Ical:
    """libical, as calendar programs use it."""
    VEVENT = 4

    def __init__(self):
        self.library = ctypes.CDLL("libical.so.3")
        for name in ("icalparser_parse_string", "icalcomponent_get_first_component"):
            getattr(self.library, name).restype = ctypes.c_void_p
        self.library.icalcomponent_as_ical_string.restype = ctypes.c_char_p

    def check(self, text):
        component = ctypes.c_void_p(self.library.icalparser_parse_string(text.encode()))
        assert component.value, "libical parses the calendar"
        errors = self.library.icalcomponent_count_errors(component)
        assert not errors, self.library.icalcomponent_as_ical_string(component).decode()
        self.library.icalrestriction_check(component)
        errors = self.library.icalcomponent_count_errors(component)
        assert not errors, self.library.icalcomponent_as_ical_string(component).decode()
        count = self.library.icalcomponent_count_components(component, self.VEVENT)
        self.library.icalcomponent_free(component)
        return count


def events_of(text):
    """Each event as its properties; the form of the lines is checked with it (RFC 5545, 3.1)."""
    assert text.endswith("END:VCALENDAR\r\n"), text[-40:]
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75 and b"\n" not in line, line
        line.decode()
    events = []
    for part in text.replace("\r\n ", "").split("BEGIN:VEVENT\r\n")[1:]:
        body = part.split("END:VEVENT")[0].split("BEGIN:VALARM")
        event = dict(line.split(":", 1) for line in body[0].strip().split("\r\n"))
        event["alarm"] = len(body) > 1
        events.append(event)
    assert Ical().check(text) == len(events)
    return events


def utc(milliseconds):
    return datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def fetch(url, method="GET", **headers):
    parts = urllib.parse.urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)) as connection:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""),
                           headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def test_calendar_files():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        anna, shen = lab.person("anna"), lab.person("shen", "scheduler")
        login(lab, "anna", "shen")
        lab.labctl("group", "add", "ee-2024-1", "anna", profile="shen")
        starts = now() // 1000 * 1000 + 30 * HOUR
        first = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        second = anna.do(book={"rig": "tank-2", "starts": starts + DAY, "ends": starts + DAY + HOUR}).bookings.bookings[0]
        shen.do(book={"wishes": [{"rig": "bench-1", "starts": starts, "ends": starts + HOUR, "party": ["anna"]}],
                      "group": "ee-2024-1", "planned": True})
        path = lab.folder / "anna.ics"
        lab.labctl("timetable", "--ics", path, profile="anna")
        events = events_of(path.read_bytes().decode())
        assert "BEGIN:VCALENDAR" in lab.labctl("timetable", "--ics", "-", profile="anna")
        assert [event["LOCATION"] for event in events] == ["tank-1", "bench-1", "tank-2"] or \
            [event["LOCATION"] for event in events] == ["bench-1", "tank-1", "tank-2"], events
        mine = {event["LOCATION"]: event for event in events}
        assert mine["tank-1"]["DTSTART"] == utc(starts) and mine["tank-1"]["DTEND"] == utc(starts + HOUR), mine
        assert mine["tank-1"]["SEQUENCE"] == "0" and mine["tank-1"]["STATUS"] == "CONFIRMED" and mine["tank-1"]["alarm"], mine
        assert "Group: ee-2024-1" in mine["bench-1"]["DESCRIPTION"], mine

        # A change is a new revision of the same event; what is cancelled stays, as cancelled.
        anna.do(change_booking={"booking": first.id, "kind": "SHORTEN", "ends": starts + HOUR // 2})
        shen.do(cancel={"booking": second.id})
        lab.labctl("timetable", "--ics", path, profile="anna", environment={"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"})
        later = {event["LOCATION"]: event for event in events_of(path.read_bytes().decode())}
        assert later["tank-1"]["UID"] == mine["tank-1"]["UID"] and later["tank-1"]["SEQUENCE"] == "1", later
        assert later["tank-1"]["DTEND"] == utc(starts + HOUR // 2) and later["tank-1"]["DTSTAMP"] >= mine["tank-1"]["DTSTAMP"]
        assert later["tank-2"]["STATUS"] == "CANCELLED" and later["tank-2"]["SEQUENCE"] == "1" and not later["tank-2"]["alarm"]
        assert later["bench-1"]["SEQUENCE"] == "0" and later["bench-1"]["DTSTAMP"] == mine["bench-1"]["DTSTAMP"], later
        # Revisions outlive the gateway.
        lab.kill_gate()
        lab.start_gate()
        lab.labctl("timetable", "--ics", path, profile="anna")
        again = {event["LOCATION"]: event for event in events_of(path.read_bytes().decode())}
        for rig, event in later.items():
            assert all(again[rig][name] == event[name] for name in ("UID", "SEQUENCE", "DTSTAMP", "STATUS")), (again, later)


def test_feeds():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        login(lab, "anna", "bo")
        starts = now() + 30 * HOUR
        booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        bo.do(book={"rig": "tank-1", "starts": starts + 2 * HOUR, "ends": starts + 3 * HOUR})
        made = as_json(lab.labctl("--json", "feed", "make", profile="anna"))[0]
        rig = as_json(lab.labctl("--json", "feed", "make", "--rig", "tank-1", profile="bo"))[0]

        status, headers, text = fetch(made["url"])
        assert status == 200 and headers["Content-Type"].startswith("text/calendar") and "no-cache" in headers["Cache-Control"]
        assert [event["DTSTART"] for event in events_of(text)] == [utc(starts)], text
        etag = headers["ETag"]
        assert fetch(made["url"], If_None_Match=etag)[0] == 304
        assert fetch(made["url"], method="HEAD")[0] == 200 and fetch(made["url"], method="POST")[0] == 405
        assert "水箱" in fetch(made["url"], Accept_Language="zh-CN,en;q=0.5")[2] and "水箱" in fetch(made["url"] + "?lang=zh")[2]
        # A rig's shows when it is taken and nothing of who has it.
        text = fetch(rig["url"])[2]
        assert len(events_of(text)) == 2 and "anna" not in text and "bo\r" not in text, text
        # It follows the timetable.
        anna.do(cancel={"booking": booking.id})
        status, headers, text = fetch(made["url"], If_None_Match=etag)
        assert status == 200 and headers["ETag"] != etag and events_of(text)[0]["STATUS"] == "CANCELLED", text
        # The key is no token and opens nothing else; only who has it reads.
        key = re.search(r"/calendar/([\w-]{43})\.ics$", made["url"])[1]
        assert lab.client().ask(token=key, bookings={}).reason == "no-token"
        assert fetch(made["url"].replace(key, key[::-1]))[0] == 404 and fetch(made["url"].replace(key, key[:-1]))[0] == 404
        ledger = b"".join(path.read_bytes() for path in (lab.folder / "state").glob("ledger*"))
        assert key.encode() not in ledger, "only its hash is stored"
        assert key not in lab.gate.output
        # Others cannot revoke it; who made it can, and it outlives neither that nor the account.
        number = as_json(lab.labctl("--json", "feed", "list", profile="anna"))[0][0]["feed"]
        assert bo.refused(feed_revoke={"feed": number}).reason == "unknown-feed"
        lab.kill_gate()
        lab.start_gate()
        port = urllib.parse.urlsplit(lab.urls["ws"]).port
        url, rig_url = (re.sub(r":\d+/", f":{port}/", one["url"]) for one in (made, rig))
        assert fetch(url)[0] == 200 and fetch(rig_url)[0] == 200, "a feed outlives the gateway"
        lab.labctl("feed", "revoke", number, profile="anna")
        assert fetch(url)[0] == 404 and "there is none" in lab.labctl("feed", "list", profile="anna")
        lab.admin(account_put={"account": {"name": "bo", "disabled": True}})
        assert fetch(rig_url)[0] == 404
        anna = lab.client().login("anna")
        for _ in range(20):
            anna.do(feed_make={})
        assert anna.refused(feed_make={}).reason == "too-many-feeds"


def open_plain(text, _):
    return with_groups(text, _).replace("url: ws://${page}", "url: ws://0.0.0.0:0\n    insecure: true")


def test_feeds_are_not_shown_in_the_clear():
    with Lab(edit=open_plain, rigs_safe=False) as lab:
        anna = lab.person("anna")
        key = anna.do(feed_make={}).feed_made.key
        port = urllib.parse.urlsplit(lab.urls["ws"]).port
        status, _, text = fetch(f"http://127.0.0.1:{port}/calendar/{key}.ics")
        assert status == 403 and "VCALENDAR" not in text, text


# ---- the week as a page -----------------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


def test_week_as_a_page():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        name = "<script>alert(1)</script>"
        lab.admin(account_put={"account": {"name": "anna", "role": "STUDENT", "title": name}, "password": laboratory.PASSWORD})
        lab.people.add("anna")
        anna = lab.person("anna")
        lab.person("shen", "scheduler")
        login(lab, "anna", "shen")
        today = datetime.date.today()
        tuesday = today + datetime.timedelta(days=210 + 1 - today.weekday())
        wednesday = tuesday + datetime.timedelta(days=1)
        starts = int(datetime.datetime(tuesday.year, tuesday.month, tuesday.day, 2, tzinfo=datetime.timezone.utc).timestamp() * 1000)
        anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR})
        path = lab.folder / "week.html"
        lab.labctl("timetable", "--week", str(wednesday), "--html", path, "--zone", "Asia/Shanghai", "--beside", "Asia/Urumqi",
                   profile="shen", environment={"LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"})
        text = path.read_text()
        page = Page(text)
        assert not [tag for tag, _ in page.tags if tag in ("script", "link", "img", "iframe")], "nothing but itself"
        assert name in page.texts, "the name is text"
        assert "10:00–11:00" in page.texts and any("08:00–09:00" in one and "Urumqi" in one for one in page.texts), page.texts
        assert f"周二 {tuesday:%m-%d}" in page.texts and any("水箱" in one for one in page.texts), page.texts
        out = lab.labctl("timetable", "--week", str(wednesday), "--html", "-", "--zone", "Asia/Shanghai", profile="anna")
        assert 'class="b mine"' in out and f"Tue {tuesday:%m-%d}" in out and "Urumqi" not in out


# ---- the report -------------------------------------------------------------------------------------------------


def test_report():
    with Lab(edit=with_groups) as lab:
        anna, bo, shen = lab.person("anna"), lab.person("bo"), lab.person("shen", "scheduler")
        login(lab, "anna", "shen")
        lab.labctl("group", "add", "ee-2024-1", "anna", profile="shen")
        lab.labctl("group", "add", "phys-1", "bo", profile="shen")
        # Two hours that are used and freed after a while, one no-show, one that is cancelled.
        session = anna.do(book={"rig": "tank-1", "ends": now() + 2 * HOUR}).bookings.bookings[0]
        anna.join("tank-1")
        bo.do(book={"rig": "tank-2", "ends": now() + HOUR})
        later = anna.do(book={"rig": "bench-1", "starts": now() + HOUR, "ends": now() + 2 * HOUR}).bookings.bookings[0]
        anna.do(cancel={"booking": later.id})
        until(lambda: [one for one in bo.do(bookings={}).bookings.bookings if one.why == "no-show"], "a no-show")
        anna.do(cancel={"booking": session.id})

        def rows(by, *options):
            text = lab.labctl("report", "--from", options[0] if options else "2020-01-01", "--until", "+1d", "--by", by,
                              "--csv", "-", profile="shen", status=None)
            return {row["name"]: row for row in csv.DictReader(io.StringIO(text))}

        assert not rows("school"), "more than 400 days is refused"
        since = time.strftime("%Y-%m-%d", time.localtime(time.time() - 86400))
        found = until(lambda: rows("school", since), "the report")
        assert set(found) == {"shihezi", "chengdu", ""}, found
        due = {name: float(row["share_due"]) for name, row in found.items()}
        assert due == {"shihezi": 0.75, "chengdu": 0.25, "": 0.0}, due
        got = {name: float(row["share_got"]) for name, row in found.items()}
        assert abs(sum(got.values()) - 1) < 1e-5 and got["shihezi"] > 0 and got["chengdu"] > 0, got
        assert found["chengdu"]["no_shows"] == "1" and float(found["chengdu"]["hours_used"]) == 0, found
        assert float(found["shihezi"]["hours_used"]) > 0 and found["shihezi"]["cancelled"] == "1", found
        assert found["shihezi"]["title_zh"] == "石河子大学"
        groups = rows("group", since)
        assert float(groups["ee-2024-1"]["share_got"]) == 1, "among its own school's groups only"
        rigs = rows("rig", since)
        assert rigs["tank-1"]["bookings"] == "1" and rigs["tank-2"]["no_shows"] == "1" and float(rigs["bench-1"]["hours_open"]) > 0
        weeks = rows("week", since)
        assert sum(int(row["bookings"]) for row in weeks.values()) == 2 and all(re.fullmatch(r"\d{4}-\d\d-\d\d", one) for one in weeks)
        # Who was due and got how much of each rig, and of each week.
        text = lab.labctl("report", "--from", since, "--until", "+1d", "--by", "rig", "--of", "school", "--csv", "-", profile="shen")
        parts = {(row["name"], row["of"]): row for row in csv.DictReader(io.StringIO(text))}
        assert set(parts) == {("tank-1", "shihezi"), ("tank-2", "chengdu"), ("bench-1", "shihezi")}, parts
        assert all(float(row["share_due"]) == 1 for row in parts.values()) and float(parts["tank-1", "shihezi"]["share_got"]) == 1
        assert parts["tank-1", "shihezi"]["of_title_zh"] == "石河子大学" and parts["tank-2", "chengdu"]["no_shows"] == "1"
        text = lab.labctl("report", "--from", since, "--until", "+1d", "--by", "week", "--of", "school", "--csv", "-", profile="shen")
        parts = list(csv.DictReader(io.StringIO(text)))
        assert [(row["of"], float(row["share_due"])) for row in parts] == [("shihezi", 0.75), ("chengdu", 0.25)], parts
        assert abs(sum(float(row["share_got"]) for row in parts) - 1) < 1e-5 and {row["name"] for row in parts} <= set(weeks), parts
        path = lab.folder / "weeks.svg"
        lab.labctl("report", "--from", since, "--by", "week", "--of", "group", "--svg", path, profile="shen")
        assert len(xml.dom.minidom.parse(str(path)).getElementsByTagName("rect")) == 1 + 2 + 2 * 2, "white, keys, due and got"
        lab.labctl("report", "--by", "school", "--of", "group", profile="shen", status=2)
        assert shen.ask(report={"from": now() - HOUR, "until": now(), "per": "SCHOOL", "of": "GROUP"}).reason == "bad-value"
        path = lab.folder / "report.svg"
        lab.labctl("report", "--from", since, "--by", "school", "--svg", path, profile="shen")
        assert len(xml.dom.minidom.parse(str(path)).getElementsByTagName("rect")) > 6
        assert "75.0 %" in lab.labctl("report", "--from", since, profile="shen")
        try:
            anna.do(report={"from": 1, "until": 2, "per": "SCHOOL"})
            raise AssertionError("students may not report")
        except Refused as refused:
            assert refused.reason == "not-allowed"


def test_report_tells_who_found_no_room():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        anna, bo, shen = lab.person("anna"), lab.person("bo"), lab.person("shen", "scheduler")
        login(lab, "shen")
        lab.labctl("group", "add", "ee-2024-1", "anna", profile="shen")
        lab.labctl("group", "add", "phys-1", "bo", profile="shen")
        tomorrow = now() // DAY * DAY + DAY
        hour = {"starts": tomorrow + 20 * HOUR, "ends": tomorrow + 21 * HOUR}
        for rig in ("tank-1", "tank-2"):
            anna.do(book={"rig": rig, **hour})
        for _ in range(3):  # however often
            assert bo.refused(book={"rig": "tank-1", **hour}).reason == "overlaps"
        assert bo.refused(book={"rig": "tank-1", "starts": hour["starts"], "ends": hour["ends"] + HOUR}).reason == "overlaps"
        assert bo.refused(book={"capability": "process-control", **hour}).reason == "overlaps"
        # Who stands in their own way, asks for too much, or plans for others found no room for other reasons.
        assert anna.refused(book={"rig": "tank-1", **hour}).reason == "overlaps"
        assert bo.refused(book={"rig": "tank-1", "starts": hour["starts"], "ends": hour["starts"] + 5 * HOUR}).reason == "too-long"
        assert shen.refused(book={"planned": True, "wishes": [{"rig": "tank-2", "holder": "bo", **hour}]}).reason == "overlaps"

        def report(*options, status=0):
            return lab.labctl("report", "--until", "+3d", *options, profile="shen", status=status)

        def rows(*options):
            return {row["name"]: row for row in csv.DictReader(io.StringIO(report(*options, "--csv", "-")))}

        until(lambda: rows("--by", "school")["chengdu"]["no_room"] == "2", "that both are stored")
        lab.kill_gate()
        lab.start_gate()
        schools = rows("--by", "school")
        assert (schools["chengdu"]["no_room"], float(schools["chengdu"]["hours_no_room"])) == ("2", 3), schools
        assert schools["shihezi"]["no_room"] == schools[""]["no_room"] == "0", schools
        assert float(schools["chengdu"]["share_due"]) == 0.25, "who was refused wanted something, and was due their share"
        rigs = rows("--by", "rig")
        assert rigs["tank-1"]["no_room"] == "1" and rigs["tank-2"]["no_room"] == "0", rigs
        assert (rigs["process-control"]["no_room"], rigs["process-control"]["is_capability"]) == ("1", "1"), rigs
        assert float(rigs["process-control"]["hours_open"]) == 0 and rigs["tank-1"]["is_capability"] == "0", rigs
        assert sum(int(row["no_room"]) for row in rows("--by", "week").values()) == 2
        assert "any " in report("--by", "rig") and "NO ROOM" in report("--by", "rig")
        assert [row.get("no_room_ms") for row in as_json(lab.labctl("--json", "report", "--until", "+3d", profile="shen"))[0]
                if row["name"] == "chengdu"] == [3 * HOUR]
        for by, words in (("school", "no room: 2"), ("rig", "no room: 1")):
            path = lab.folder / f"{by}.svg"
            report("--by", by, "--svg", path)
            texts = [one.firstChild.data for one in xml.dom.minidom.parse(str(path)).getElementsByTagName("text")]
            assert words in texts, texts
        # A capability has no hours of its own.
        report("--by", "rig", "--of", "school", "--svg", lab.folder / "divided.svg")
        texts = [one.firstChild.data for one in xml.dom.minidom.parse(str(lab.folder / "divided.svg")).getElementsByTagName("text")]
        assert texts.count("0.0 h") == 2 and texts.count("no room: 1") == 2, texts


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
