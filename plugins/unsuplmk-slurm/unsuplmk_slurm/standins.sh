# What the job's script calls of Slurm, for `unsuplmk slurm --local`: bash reads this first, by BASH_ENV.
# $UNSUPLMK_LOCAL is a folder: `tasks` has the processes, `requeue` and `cancelled` are there or not.

srun() { # starts the command in $SLURM_NTASKS processes; leaves with the highest of their codes
    local task tasks=() rank code worst=0
    while [[ $1 == --* ]]; do shift; done
    for ((rank = 0; rank < SLURM_NTASKS; rank++)); do
        SLURM_PROCID=$rank SLURM_LOCALID=$rank "$@" &
        tasks+=($!)
    done
    echo "${tasks[@]}" >"$UNSUPLMK_LOCAL/tasks"
    trap : TERM
    for task in "${tasks[@]}"; do
        until wait "$task"; ! kill -0 "$task" 2>/dev/null; do :; done
        wait "$task"
        code=$?
        ((code > worst)) && worst=$code
    done
    return "$worst"
}

scancel() { # only as scancel --signal=TERM JOB
    kill -TERM $(<"$UNSUPLMK_LOCAL/tasks")
}

scontrol() {
    case $1 in
    requeue) touch "$UNSUPLMK_LOCAL/requeue" ;;
    show) echo localhost ;;
    esac
}

squeue() {
    if [ -e "$UNSUPLMK_LOCAL/cancelled" ]; then echo CANCELLED; else echo RUNNING; fi
}
