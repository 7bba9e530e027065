"""Power loss: what was answered with yes was on the disk, and what the disk had is a whole ledger (B1, S11)."""
import random
import sys
import threading
import time

import lab as laboratory
import sp
from power import PoweredLab
from test_bookings import HOUR, check_bookings, now

LIVES = 8


def book_until_dark(lab, acknowledged, first, random):
    """Books with eight requests under way until the power is cut; returns the number of the next booking."""
    anna = lab.client().login("anna")
    begins = now() // HOUR * HOUR + 24 * HOUR
    dark = threading.Event()
    wanted = len(acknowledged) + random.randrange(1, 40)
    sent, asked, lost = [], first, []

    def cut():
        dark.wait(60)
        time.sleep(random.random() * 0.01)  # anywhere in what it does now
        lost.append(lab.cut_power())

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        while True:
            while len(sent) < 8:
                starts = begins + asked * 120_000
                wish = {"rig": "tank-1", "starts": starts, "ends": starts + 60_000, "key": f"booking-number-{asked:08}"}
                sent.append((anna.bus.send(anna.message(book=wish)), wish["key"]))
                asked += 1
            request, key = sent.pop(0)
            answer = anna.understand(anna.bus.receive(request)[1])
            assert answer.ok, answer
            acknowledged[key] = answer.bookings.bookings[0]
            if len(acknowledged) >= wanted:
                dark.set()
    except (sp.Closed, ConnectionError):
        pass
    finally:
        dark.set()
        cutter.join()
    return asked, lost[0]


def test_what_was_acknowledged_survives_the_loss_of_power():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with PoweredLab(chance, rigs_safe=False) as lab:
        lab.person("anna")
        acknowledged, asked, lost, boots = {}, 0, 0, []
        for _ in range(LIVES):
            head = lab.admin(audit_verify={}).audit_verify.head
            asked, sectors = book_until_dark(lab, acknowledged, asked, chance)
            lost += sectors
            lab.start_gate()
            client = lab.client().login("anna")
            check_bookings(client, acknowledged, asked)
            report = lab.admin(audit_verify={"head": head}).audit_verify
            assert report.intact, report.fault
            boots.append(client.ask(rigs={}).boot)
        assert lost, "the power was never cut while something was on its way to the disk"
        assert boots == sorted(set(boots)), boots
        print(f"{len(acknowledged)} bookings, {lost} sectors lost")


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
