#!/bin/sh
# The page at the far end of a line of 64 kbit/s and 300 ms round trip, without and with lost packets, and on a good line.
set -eu
cd "$(dirname "$0")/../.."
make -s BUILD="$BUILD" page-line >&2
exec "$BUILD/tests/line/shaped_line" -- node tests/bench/page_line.mjs "$@"
