#!/bin/sh
# Runs the tests of the hypertables against a server that has TimescaleDB: timescale.sh postgres://owner@host/database
# The database is a scratch one: its schema `fleet` is dropped and made again.
set -eu
FLEET_TIMESCALE_URL=${1:?"usage: timescale.sh URL"} exec cargo test -p fleet-sinks --features postgres timescale -- --nocapture
