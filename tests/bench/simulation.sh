#!/bin/sh
# The simulation's speed: events a second with every invariant on and every fault, and simulated hours a minute of one
# rig that is polled and heartbeaten once a second. One process.
set -eu
simulate=$BUILD/tests/simulation/simulate
row() { # name, figure, bound
    awk -v name="$1" -v figure="$2" -v bound="$3" 'BEGIN {
        printf "%s\t%.3g\t>= %g\t%s\n", name, figure, bound, (figure >= bound ? "ok" : "short") }'
}
figure() { sed -n "s|.* \([0-9]*\) $1.*|\1|p"; }
row "simulation: events/s, invariants on" "$("$simulate" --seeds 40 --hours 1 | figure events/s)" 500000
row "simulation: hours/min, one rig at 1 Hz" "$("$simulate" --calm --hours 500 | figure 'simulated hours')" 1000
