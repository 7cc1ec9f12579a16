#!/bin/bash
# A sweep on nodes of a SLURM cluster:
#
#     sbatch clusters/slurm.sh SWEEP.yaml RESULTS [OPTIONS OF cellsearch sweep]
#
# RESULTS is a folder that all nodes see; where there is none, add --storage URL. A job that comes
# to the end of its time is killed and loses seconds: submit the same again, and it goes on.
#SBATCH --job-name=cellsearch
#SBATCH --nodes=4
# Ray's start and end would meet what else of this user's runs Ray on a node.
#SBATCH --exclusive
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
# To keep GPUs: #SBATCH --gpus-per-task=4, and --gpus-per-trial 0.25 among the options.
set -euo pipefail

sweep=$1
results=$2
shift 2

# The first node of the job is Ray's head, and cellsearch runs there.
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$head:$((20000 + SLURM_JOB_ID % 10000))

# Who else is on these nodes has no business in this cluster.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
export RAY_AUTH_TOKEN
# Ray waits half a minute for all nodes, which is short where Python comes over a network.
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300

# Since Slurm 22.05 a step does not take over how many CPUs its job's tasks have.
exec srun --cpus-per-task="$SLURM_CPUS_PER_TASK" ray symmetric-run \
    --address "$address" \
    --min-nodes "$SLURM_JOB_NUM_NODES" \
    --num-cpus="$SLURM_CPUS_PER_TASK" \
    -- \
    cellsearch sweep "$sweep" --results "$results" --executor ray --address "$address" "$@"
