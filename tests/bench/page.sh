#!/bin/sh
# The page in Chromium: its oscilloscope on good and on thin lines, its drawing, its memory (page.mjs).
exec node "$(dirname "$0")/page.mjs" "$@"
