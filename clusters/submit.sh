#!/bin/bash
# A sweep on a Ray cluster that is there:
#
#     clusters/submit.sh http://HEAD:8265 SWEEP.yaml RESULTS [OPTIONS OF cellsearch sweep]
#
# The working directory is sent along, so SWEEP.yaml and the cells that it names are found. RESULTS
# is an absolute path that all nodes of the cluster see; where there is none, add --storage URL, and
# RESULTS lies on the head. Needs `pip install "ray[default]"` here and there.
set -euo pipefail

server=$1
sweep=$2
results=$3
shift 3

exec ray job submit --address "$server" --working-dir . -- \
    cellsearch sweep "$sweep" --results "$results" --executor ray --address auto "$@"
