"""Live traces: what an oscilloscope's screen shows, packed small, for everybody who watches."""
import math
import sys
import time

import lab as laboratory
from lab import Lab, until


class Bits:
    """The first bit is a byte's highest."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        value = 0
        for _ in range(count):
            value = value << 1 | self.data[self.at >> 3] >> (7 - self.at % 8) & 1
            self.at += 1
        return value


def sequence(bits, count, lows=None):
    """docs/protocol.md, "Traces"."""
    predictor, codes, total, seen = bits.take(2), [], 4, 1
    for i in range(count):
        k = 0
        while seen << k < total:
            k += 1
        quotient = 0
        while quotient < 11 and not bits.take(1):
            quotient += 1
        residual = bits.take(8) if quotient == 11 else quotient << k | bits.take(k)
        if predictor == 2:
            guess = lows[i] + codes[-1] - lows[i - 1] if i else lows[i]
        elif i == 0:
            guess = 128
        else:
            guess = 2 * codes[-1] - codes[-2] if predictor == 1 and i > 1 else codes[-1]
        codes.append((guess + (-(residual + 1 >> 1) if residual & 1 else residual >> 1)) & 255)
        total, seen = total + min(residual, 4 << k), seen + 1
        if seen == 32:
            total, seen = total // 2, 16
    return codes


def volts(trace):
    """Lowest and highest of each column."""
    bits = Bits(trace.codes)
    lows = sequence(bits, trace.columns)
    highs = sequence(bits, trace.columns, lows) if trace.extremes else lows
    return [[(code - trace.code_zero) * trace.value_step for code in codes] for codes in (lows, highs)]


def at_the_bench(lab, frequency=1000, amplitude=2.0):
    anna = lab.person("anna")
    anna.book("bench-1")
    anna.take("bench-1")
    for point, value in (("generator.frequency", frequency), ("generator.amplitude", amplitude), ("generator.output", True),
                         ("scope.time_scale", 200e-6), ("scope.ch1_scale", 0.5)):
        assert anna.set(point, value).verified, point
    return anna


def watch(client, detail="FINE", credit=4):
    return client.bus.send(client.message(watch={"rig": "bench-1", "credit": credit, "traces": detail}))


def frames(client, request, count, detail="FINE"):
    """So many frames, each acknowledged at once, and the bytes of each."""
    taken = []
    while len(taken) < count:
        _, payload = client.bus.receive(request, timeout=10)
        answer = client.understand(payload)
        assert answer.ok, (answer.reason, answer.message)
        taken.append((answer, len(payload)))
        client.bus.send(client.message(watch={"rig": "bench-1", "credit": 4, "traces": detail,
                                              "cursor": dict(answer.frame.cursor)}), request)
    return taken


def test_a_trace_is_what_the_screen_shows_and_small():
    with Lab() as lab:
        at_the_bench(lab)
        watcher = lab.person("bo")
        names = [waveform.name for waveform in watcher.do(show={"rig": "bench-1"}).show.waveforms]
        request = watch(watcher)
        def of_channel_1(answer):
            return [trace for trace in answer.frame["traces"] if names[trace.waveform] == "scope.ch1" and trace.time]
        taken = frames(watcher, request, 12)
        began, ended = taken[1][0].time, taken[-1][0].time
        assert max(size for _, size in taken) <= 900, [size for _, size in taken]
        assert (ended - began) / 10 >= 195e6, "more than 5 a second"
        shown = {names[trace.waveform] for answer, _ in taken for trace in answer.frame["traces"]}
        assert shown == {"scope.ch1", "scope.ch2"}, shown
        trace = of_channel_1(taken[-1][0])[0]
        lows, highs = volts(trace)
        assert abs(max(highs) - 1) < 0.1 and abs(min(lows) + 1) < 0.1, (max(highs), min(lows))
        assert trace.samples == 1200 and math.isclose(trace.time_step, 2e-6, rel_tol=1e-5), trace
        # 2.4 ms of 1 kHz, trigger at 0 V rising in the middle.
        middles = [(low + high) / 2 for low, high in zip(lows, highs)]
        rises = [i for i in range(1, len(middles)) if middles[i - 1] < 0 <= middles[i]]
        at = [trace.time_first + i * trace.samples / trace.columns * trace.time_step for i in rises]
        assert min(abs(each) for each in at) < 30e-6, at
        # Coarse: for a line of 1 kB/s.
        coarse = frames(watcher, watch(watcher, "COARSE"), 3, "COARSE")
        assert max(size for _, size in coarse) <= 350, [size for _, size in coarse]
        lows, highs = volts(of_channel_1(coarse[-1][0])[0])
        assert abs(max(highs) - 1) < 0.1 and abs(min(lows) + 1) < 0.1, (max(highs), min(lows))


def test_a_channel_that_is_off_is_not_read_and_a_record_goes_first():
    with Lab() as lab:
        anna = at_the_bench(lab)
        watcher = lab.person("bo")
        names = [waveform.name for waveform in watcher.do(show={"rig": "bench-1"}).show.waveforms]
        request = watch(watcher)
        frames(watcher, request, 2)
        anna.set("scope.ch2_on", False)
        until(lambda: {names[trace.waveform] for trace in frames(watcher, request, 1)[0][0].frame["traces"]} == {"scope.ch1"},
              "channel 2 to be gone")
        # Records and traces of the same instrument, many times over: each record is whole and nobody is told to wait.
        for turn in range(8):
            anna.sequence += 1
            capture = anna.do(capture={"waveform": "scope.ch1", "epoch": anna.epoch, "sequence": anna.sequence}).capture
            def done():
                state = anna.do(capture_state={"capture": capture.capture}).capture
                assert not state.failed, (turn, state.failed)
                return state if state.complete else None
            assert until(done, "the record").samples == 1200
            frames(watcher, request, 1)
        # While the scope is stopped its screen stands still, and is still shown.
        assert anna.set("scope.running", False).verified
        stopped = [volts(trace) for answer, _ in frames(watcher, request, 3)[1:] for trace in answer.frame["traces"]]
        assert stopped[0] == stopped[1]
        assert anna.set("scope.running", True).verified


def test_what_cannot_be_read_is_said():
    with Lab() as lab:
        at_the_bench(lab)
        watcher = lab.person("bo")
        request = watch(watcher)
        frames(watcher, request, 2)
        lab.admin(lockout={"rig": "bench-1", "reason": "hands inside"})
        until(lambda: any(trace.why == "the rig is locked out" for trace in frames(watcher, request, 1)[0][0].frame["traces"]),
              "the traces to say why")
        refused = watcher.refused(watch={"rig": "tank-1", "credit": 1, "traces": "FINE"})
        assert refused.reason == "unknown-waveform", refused.reason


def test_a_scope_that_nobody_watches_is_left_alone():
    with Lab() as lab:
        watcher = lab.person("bo")

        def rate():
            """Transactions a second on the scope's line."""
            def count():
                where = str(next(port for name, port in lab.ports.items() if name.startswith("scope")))
                return next(link.transactions for link in lab.admin(health={}).health.links if where in link.name)
            before, began = count(), time.monotonic()
            time.sleep(1)
            return (count() - before) / (time.monotonic() - began)
        alone = rate()
        request = watch(watcher)
        frames(watcher, request, 3)
        assert rate() > alone + 10, alone
        watcher.bus.send(watcher.message(watch={"rig": "bench-1", "credit": 0, "traces": "FINE"}), request)
        until(lambda: rate() < alone + 5, f"only polls, {alone} a second")


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
