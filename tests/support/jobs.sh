# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Children that an interrupt stops, and stages that are counted. Sourced by quickstart and .ci/run, which both must be
# safe to interrupt at any moment: a child gets a process group of its own, because a shell's background jobs ignore
# SIGINT otherwise and because stopping make alone would leave its compilers. Expects the tree's path in $source_root.

# --- children ----------------------------------------------------------------------------------------------------
finishing='' # what must not be broken off: an interrupt waits for it
scratch=''   # a directory that goes away with us

# child_start COMMAND... - in the background; its process id, which is also its group's, in $child. What is still
# running at our end is asked of the shell (jobs -pr): a list of our own would miss a child whose start was interrupted.
child_start() {
    set -m
    "$@" </dev/null &
    child=$!
    set +m
}

run_child() {
    child_start "$@"
    wait "$child"
}

# child_stop PID - TERM, TERM again (a draining daemon then stops at once), at last KILL; its exit status
child_stop() {
    local signal
    for signal in TERM TERM KILL; do
        kill -"$signal" -- -"$1" 2>/dev/null || break
        for _ in {1..50}; do
            kill -0 -- -"$1" 2>/dev/null || break 2
            sleep 0.1
        done
    done
    wait "$1" 2>/dev/null
}

clean_up() {
    local one
    trap '' INT TERM HUP
    for one in $(jobs -pr); do
        child_stop "$one"
    done
    [ -z "$scratch" ] || rm -rf -- "$scratch"
}

interrupted() {
    trap '' INT TERM HUP
    [ ! -t 2 ] || printf '\r\033[K' >&2
    if [ -n "$finishing" ]; then
        echo "interrupted; $finishing is finished first" >&2
        wait
    else
        echo "interrupted" >&2
    fi
    exit "$1" # and so to clean_up
}

# Call it once, before the first child.
children_guard() {
    trap clean_up EXIT
    trap 'interrupted 129' HUP
    trap 'interrupted 130' INT
    trap 'interrupted 143' TERM
    scratch=$(mktemp -d) || exit 1
    export TMPDIR=$scratch # what children that were killed leave behind goes away too
}

# --- stages ------------------------------------------------------------------------------------------------------
passed=0 failed=0 skipped=0
stage_logs=''    # the directory that keeps their output; set by the caller
stage_limit=1500 # seconds, after which a stage is stopped: it hangs
complaints=() # a line for each stage that failed or was skipped

# The last line of that shape in a log is a runner's own count.
counts_in() {
    sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$1" | tail -n 1
}

indented() {
    cut -c 1-300 | sed 's/^/    /'
}

# stage NAME COMMAND... - runs it, whatever became of those before. 77 is a skip whose reason is the last line of
# output; a runner that counts (counts_in) is believed, and is a failure more if it failed without counting one.
stage() {
    local name=$1 log="$stage_logs/${1//[^A-Za-z0-9]/-}.log" status=0 began=$SECONDS p=0 f=0 s=0 counts
    shift
    echo "==> $name"
    child_start "$@" >"$log" 2>&1
    while kill -0 "$child" 2>/dev/null && [ $((SECONDS - began)) -lt "$stage_limit" ]; do
        sleep 0.5
    done
    if kill -0 "$child" 2>/dev/null; then
        child_stop "$child"
        echo "stopped: not done after $stage_limit s" >>"$log"
        status=124
    else
        wait "$child" || status=$?
    fi
    counts=$(counts_in "$log")
    if [ -n "$counts" ]; then
        read -r p f s <<<"$counts"
        if [ "$status" -ne 0 ] && [ "$status" -ne 77 ] && [ "$f" -eq 0 ]; then f=1; fi
    elif [ "$status" -eq 0 ]; then
        p=1
    elif [ "$status" -ne 77 ]; then
        f=1
    fi
    if [ "$status" -eq 77 ] && [ $((p + f + s)) -eq 0 ]; then s=1; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))

    if [ "$f" -gt 0 ]; then
        echo "    ---- from $log:"
        grep -E -A 6 '^(FAIL|ERROR|\[ +(FAILED|ERROR))|(error|warning|ERROR): ' "$log" | head -n 100 | indented
        echo "    ---- its end:"
        tail -n 20 "$log" | indented
        echo "    FAILED after $((SECONDS - began)) s, exit status $status: $p passed, $f failed, $s skipped"
        complaints+=("FAILED   $name: $f failed, see $log")
    elif [ "$status" -eq 77 ]; then
        echo "    skipped: $(tail -n 1 "$log")"
        complaints+=("skipped  $name: $(tail -n 1 "$log")")
    else
        echo "    ok, $((SECONDS - began)) s: $p passed, $f failed, $s skipped"
        [ "$s" -eq 0 ] || complaints+=("skipped  $name: $s of its tests, see $log")
    fi
}

# The end of a run of stages: what was not well, and the one line that counts. Its status is the run's.
stages_end() {
    echo
    [ ${#complaints[@]} -eq 0 ] || printf '%s\n' "${complaints[@]}"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

# has_target DIRECTORY TARGET - whether that build knows the target
has_target() {
    grep -q "^$2:" "$1/Makefile"
}

# make_counted DIRECTORY TARGET - a target of the build's that runs tests, or 77
make_counted() {
    has_target "$1" "$2" || { echo "no target $2 here"; return 77; }
    make -C "$1" --no-print-directory "$2"
}

# units_counted DIRECTORY [TARGET] - the units of a build through automake, with its tests counted one by one
units_counted() {
    local status=0
    has_target "$1" "${2:-check}" || { echo "no target ${2:-check} here"; return 77; }
    find "$1" -name '*.trs' -delete # those of another run would be counted too
    make -C "$1" --no-print-directory -j "$(nproc)" -k VERBOSE=1 "${2:-check}" || status=$?
    /usr/bin/python3 -B "${source_root:?}/tests/support/count_units.py" "$1"
    return "$status"
}

# scenarios_counted DIRECTORY [OPTION...] - the scenarios against a build's programs; they wait for most of their time
scenarios_counted() {
    local directory=$1
    shift
    /usr/bin/python3 -B "$source_root/tests/scenario/run.py" --concurd "$directory/concurd" \
        --concur "$directory/concur" --jobs $(($(nproc) * 3 / 2)) "$@"
}
