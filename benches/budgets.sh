#!/usr/bin/env bash
# Measures grantlog against its budgets, and prints a table in Markdown.
#
#   benches/budgets.sh [PRINCIPALS...]
#
# Builds in release, generates an organization of each size (10000 and 100000 if none is given) in a folder
# that is removed at the end, and measures the program as it is run: whole processes, wall time. What takes
# too long is stopped and told as "more than". Other work on the machine shows in the times, less so in the
# ratios: their two sides are measured in turn.
set -euo pipefail
export LC_ALL=C
unset GRANTLOG_DATA
cd "$(dirname "$0")/.."

[[ $# -gt 0 ]] || set -- 10000 100000
for size; do
    [[ $size =~ ^[1-9][0-9]*$ ]] || { echo "usage: benches/budgets.sh [PRINCIPALS...]" >&2; exit 2; }
done
mapfile -t sizes < <(printf '%s\n' "$@" | sort -nu)
smallest=${sizes[0]} largest=${sizes[-1]}

# Two builds: what one crate wants of serde_json, another built beside it gets as well.
cargo build --release --quiet -p grantlog -p grantlog-budgets
cargo build --release --quiet -p grantlog-generator
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
program=$target/release/grantlog
generate=$target/release/grantlog-generator
measure=$target/release/grantlog-measure

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
trap '[[ ! -s $folder/talk ]] || tail -n 5 "$folder/talk" >&2' ERR

GIB=$((1 << 30))
repository=arn:aws:ecr-public::100000000000:repository/team-0/app-0

say() { echo "$*" >&2; }
calc() { awk "BEGIN { printf \"%.${2:-2}f\", $1 }"; }
holds() { awk "BEGIN { exit !($1) }"; }
median() { sort -n | awk '{ each[NR] = $1 } END { print each[int((NR + 1) / 2)] }'; }
run() { "$measure" run --seconds "$1" --bytes "$2" -- "${@:3}"; }

# row WHAT MORE NUMBER UNIT BUDGET: MORE is empty, or says that the number is a lower bound or a guess.
row() {
    local kept=no
    # A bound or a guess below the budget decides nothing.
    if holds "$3 <= $5"; then kept=${2:+unknown}; fi
    echo "| $1 | $2$3$4 | $5$4 | ${kept:-yes} |"
}
unmeasured() { echo "| $1 | not measured: $2 | $3 | |"; }

# How long one run may take at a size.
patience() { echo $((30 + $1 / 10000)); }

# summaries SIZE: fills `values`, `bytes`, `took`, `peak` and `more` of the size.
declare -A values bytes took peak more
summaries() {
    local size=$1 rounds=3 plain word seconds memory
    if ((size <= 10000)); then rounds=5; fi
    more[$size]='' took[$size]=0 peak[$size]=0
    rm -f "$folder/values" "$folder/took"
    for ((round = 0; round < rounds; round++)); do
        read -r plain "bytes[$size]" < <("$measure" values "$folder/$size")
        echo "$plain" >>"$folder/values"
        if [[ -n ${more[$size]} ]]; then continue; fi
        read -r word seconds memory < <(run "$(patience "$size")" $((4 * GIB)) "$program" summary --data "$folder/$size" 2>>"$folder/talk")
        echo "$seconds" >>"$folder/took"
        if ((memory > peak[$size])); then peak[$size]=$memory; fi
        if [[ $word != "done" ]]; then more[$size]='more than '; fi
    done
    values[$size]=$(median <"$folder/values")
    if [[ -n ${more[$size]} ]]; then took[$size]=$seconds; else took[$size]=$(median <"$folder/took"); fi
}

say "machine load before: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime)"
for size in "${sizes[@]}"; do
    say "$size principals: $("$generate" --principals "$size" --output "$folder/$size")"
done

echo '| what | measured | budget | kept |'
echo '| --- | --- | --- | --- |'

for size in "${sizes[@]}"; do
    summaries "$size"
    say "$size principals: ${bytes[$size]} bytes, plain values ${values[$size]} s, summary ${more[$size]}${took[$size]} s, peak ${peak[$size]} bytes"
    row "\`summary\` at $size principals, over parsing the same files to plain values on one core" \
        "${more[$size]}" "$(calc "${took[$size]} / ${values[$size]}")" '' 1.0
done

what="the same work per byte, $largest principals over $smallest"
if [[ $largest == "$smallest" ]]; then
    unmeasured "$what" 'one size only' 1.2
elif [[ -n ${more[$smallest]} ]]; then
    unmeasured "$what" 'the smaller was stopped' 1.2
else
    row "$what" "${more[$largest]}" \
        "$(calc "${took[$largest]} / ${bytes[$largest]} / (${took[$smallest]} / ${bytes[$smallest]})")" '' 1.2
fi

row "peak memory of \`summary\` at $largest principals, over the input's bytes" \
    "${more[$largest]}" "$(calc "${peak[$largest]} / ${bytes[$largest]}")" '' 1.0
row 'the same' "${more[$largest]}" "$(calc "${peak[$largest]} / $GIB")" ' GiB' 4

asked=$largest
if [[ -d $folder/100000 ]]; then asked=100000; fi
# 124: the time is up; 134: the memory is full.
(ulimit -v $((16 * GIB / 1024)) && exec timeout 100 "$measure" questions "$folder/$asked" --seconds 20) \
    >"$folder/questions" || [[ $? == @(124|134) ]]
for kind in who-can what-can; do
    what="\`$kind\` at $asked principals, once its accounts are derived, 99th percentile"
    if read -r _ seconds count < <(grep "^$kind " "$folder/questions"); then
        say "$kind: $count questions"
        guess=$( ((count == 10000)) || echo 'about ')
        row "$what of $count random questions" "$guess" "$(calc "$seconds * 1000" 3)" ' ms' 1
    else
        unmeasured "$what" 'deriving what it needs takes more than 100 s or 16 GiB' '1 ms'
    fi
done

cold=''
for round in 1 2 3; do
    read -r word loads _ < <(run 60 $((8 * GIB)) "$program" list accounts --data "$folder/$largest" 2>>"$folder/talk")
    if [[ $word != "done" ]]; then cold=stopped; break; fi
    read -r word first _ < <(run 60 $((8 * GIB)) "$program" who-can push "$repository" --data "$folder/$largest" 2>>"$folder/talk")
    echo "$loads" >>"$folder/loads"
    echo "$first" >>"$folder/firsts"
    if [[ $word != "done" ]]; then cold='more than '; break; fi
done
what="first \`who-can\` from a cold start at $largest principals, over \`list accounts\`"
if [[ $cold == stopped ]]; then
    unmeasured "$what" 'loading takes more than 60 s or 8 GiB' 1.1
else
    loads=$(median <"$folder/loads") first=$(if [[ -n $cold ]]; then echo "$first"; else median <"$folder/firsts"; fi)
    say "list accounts $loads s, first who-can $cold$first s"
    row "$what" "$cold" "$(calc "$first / $loads")" '' 1.1
fi

snapshot=$folder/$largest.glx snapped=''
if ! "$program" compile "$folder/$largest" -o "$snapshot" 2>>"$folder/talk"; then snapped=unwritten; fi
for round in 1 2 3; do
    if [[ -n $snapped || $cold == stopped ]]; then break; fi
    read -r word loads _ < <(run 60 $((8 * GIB)) "$program" list accounts --data "$folder/$largest" 2>>"$folder/talk")
    read -r word opens _ < <(run 60 $((8 * GIB)) "$program" list accounts --data "$snapshot" 2>>"$folder/talk")
    echo "$loads" >>"$folder/read"
    echo "$opens" >>"$folder/opened"
    if [[ $word != "done" ]]; then snapped='more than '; break; fi
done
what="\`list accounts\` of a snapshot of $largest principals, over the same of its exports"
if [[ $snapped == unwritten || $cold == stopped ]]; then
    unmeasured "$what" 'reading takes too long' 0.4
else
    loads=$(median <"$folder/read")
    if [[ -z $snapped ]]; then opens=$(median <"$folder/opened"); fi
    say "list accounts of the exports $loads s, of their snapshot of $(stat -c %s "$snapshot") bytes $snapped$opens s"
    row "$what" "$snapped" "$(calc "$opens / $loads")" '' 0.4
fi

say "one account: $("$generate" --principals 5000 --principals-per-account 5000 --repositories-per-account 10000 \
    --own-policies --output "$folder/account")"
read -r word seconds memory < <(run 30 $((4 * GIB)) "$program" summary --data "$folder/account" 2>>"$folder/talk")
over=''
if [[ $word != "done" ]]; then over='more than '; fi
row "\`summary\` of one account of 5,000 principals and 10,000 repositories, a policy each" \
    "$over" "$(calc "$seconds" 1)" ' s' 10
row 'the same, peak memory' "$over" "$(calc "$memory / $GIB")" ' GiB' 2

# cells ACCOUNTS: what is derived for so many accounts that differ in their numbers and their units only.
cells() {
    "$generate" --principals $(($1 * 100)) --alike --output "$folder/alike" >&2
    "$program" summary --verbose --data "$folder/alike" 2>&1 >/dev/null | sed -n 's/^note: .* derived, \([0-9]*\) cells$/\1/p'
    rm -r "$folder/alike"
}
one=$(cells 1) hundred=$(cells 100) more=$(cells 200)
say "cells of alike accounts: one $one, a hundred $hundred, two hundred $more"
echo "| cells derived for a hundred alike accounts, over those for one | $(calc "$hundred / $one") | what differs | |"
row 'the same for two hundred, over a hundred' '' "$(calc "$more / $hundred")" '' 1.0

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
total=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo 2>/dev/null || true)
echo
echo "On $(getconf _NPROCESSORS_ONLN) cores (${cpu:-$(uname -m)}), ${total:-unknown memory}; at $(git describe --always --dirty)."
