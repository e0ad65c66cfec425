# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion for concur, in bash. What there is to complete is asked of the program: its help is printed from the tables
# by which it parses its options, so that nothing in here can be out of date.

# The verbs: in the help they are indented, with their summaries behind them.
_concur_verbs() {
    "$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

# The options of a verb, each on a line with the word for its value, if it takes one.
_concur_options() {
    local line name
    while IFS= read -r line; do
        [[ $line =~ ^\ \ +(-[A-Za-z0-9])?(,\ |\ *)(--[a-z-]+)?(\ ([A-Z][A-Z=]*))?\ +[^\ ] ]] || continue
        for name in "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}"; do
            [ -z "$name" ] || printf '%s %s\n' "$name" "${BASH_REMATCH[5]}"
        done
    done < <("$1" "$2" --help 2>/dev/null)
}

# What may stand for a value, by the word for it.
_concur_values() {
    case $1 in
    FILE | PATH | SOCKET) compopt -o filenames 2>/dev/null; compgen -f -- "$2" ;;
    HOST) compgen -A hostname -- "$2" ;;
    HOW) compgen -W "uniform poisson" -- "$2" ;;
    esac
}

_concur() {
    local program=$1 word=$2 before=$3 verb=${COMP_WORDS[1]-} name value words=''
    COMPREPLY=()
    # --option=value is three words to bash.
    if [ "$word" = = ]; then
        word=''
    elif [ "$before" = = ] && [ "$COMP_CWORD" -gt 2 ]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_concur_verbs "$program") --help --version" -- "$word")
        return
    fi
    case " ${COMP_WORDS[*]:2:COMP_CWORD-2} " in *" -- "*) return ;; esac # a command begins there
    while read -r name value; do
        if [ "$name" = "$before" ] && [ -n "$value" ]; then
            mapfile -t COMPREPLY < <(_concur_values "$value" "$word")
            return
        fi
        words+=" $name"
    done < <(_concur_options "$program" "$verb")
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$word") ;;
    esac
}

complete -F _concur concur
