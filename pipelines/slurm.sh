#!/bin/bash
# The patch classifier on several machines by Slurm:
#     sbatch --nodes=4 pipelines/slurm.sh
# and with NVIDIA cards, a process for each of them:
#     sbatch --nodes=2 --gpus-per-node=4 --ntasks-per-node=4 --cpus-per-task=8 pipelines/slurm.sh
# Each rank reads its shard of every epoch, all make one step together; rank 0 writes. The streams lie on a file system
# that all machines see. Submitted again after the end of its time, it goes on from the checkpoint.
#SBATCH --job-name=mmtrain
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@300
set -euo pipefail
: "${TRAIN:=train.mms}" "${VAL:=val.mms}" "${INIT:=resnet50.pth}" "${OUT:=patch.safetensors}" "${EPOCHS:=50}"
export TRAIN VAL INIT OUT EPOCHS
# --batch is that of all ranks together, and must be a multiple of their number. --sync-bn: batch norm over all of them.
# shellcheck disable=SC2016 # the ranks' shells expand it
srun --mpi=pmix --kill-on-bad-exit=1 --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" bash -o pipefail -c '
    mmread --shard=env --shuffle --seed 1 --epochs "$EPOCHS" "$TRAIN" |
        mmtrain -j "${SLURM_CPUS_PER_TASK:-1}" --recipe patch --augment --batch 256 --sync-bn \
            --init "$INIT" --mean "$TRAIN" --val "$VAL" --checkpoint "$OUT.checkpoint" --resume --log "$OUT.log" -o "$OUT"'
