#!/bin/bash
# A sweep on nodes of a SLURM cluster:
#
#     sbatch clusters/slurm.sh SWEEP.yaml RESULTS [OPTIONS OF cellsearch sweep]
#
# RESULTS is a folder that all nodes see; where there is none, add --storage URL. A job that comes
# to the end of its time is killed and loses seconds: submit the same again, and it goes on.
#SBATCH --job-name=cellsearch
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
# For GPUs: #SBATCH --gpus-per-task=4, and --gpus-per-trial 0.25 among the options.
set -euo pipefail

sweep=$1
results=$2
shift 2

# The first node of the job is Ray's head, and cellsearch runs there.
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
# Two jobs may share a node.
address=$head:$((20000 + SLURM_JOB_ID % 10000))

# Who else is on these nodes has no business in this cluster.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
export RAY_AUTH_TOKEN

exec srun ray symmetric-run \
    --address "$address" \
    --min-nodes "$SLURM_JOB_NUM_NODES" \
    --num-cpus="$SLURM_CPUS_PER_TASK" \
    -- \
    cellsearch sweep "$sweep" --results "$results" --executor ray --address "$address" "$@"
