#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-completions.sh VMTUNE: what the shells complete is what vmtune takes, no less and no more, and
# they complete it: each shell that is installed is run, on libvirt's test driver.
# shellcheck disable=SC2016,SC2086,SC2317  # for the other shells to expand; no command is no word; called by check
. "$(dirname "$0")/lib.sh"
vmtune=$(realpath "$1")
files=$(realpath "$(dirname "$0")/../data/completions")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C VMTUNE_CONFDIR=$tmp/none HOME=$tmp TERM=dumb
PATH=$(dirname "$vmtune"):$PATH
unset LIBVIRT_DEFAULT_URI
mkdir 'some folder'
touch domain.xml 'two words.xml' notes

commands() { "$vmtune" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort; }
# options [COMMAND]: both names of each, one a line
options() {
    "$vmtune" "${1:-overview}" --help |
        sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\1\2/p' | sed 's/, /\n/'
    [ -n "${1:-}" ] || echo --version
}
# expect_same SENTENCE WANTED FOUND: lists, in any order
expect_same() { expect_eq "$1" "$(sort <<<"$2")" "$(sort <<<"$3")"; }
# holds_equal SHELL: by SHELL_completes LINE and SHELL_options COMMAND
holds_equal() {
    local command
    expect_same "$1 has every command and no other" "$(commands)" "$("$1_completes" 'vmtune ')"
    for command in '' $(commands); do
        expect_same "$1 has every option of ${command:-no command} and no other" \
            "$(options $command)" "$("$1_options" "$command")"
    done
}
# completes SHELL SENTENCE LINE WANTED
completes() { expect_same "$1 completes $2" "$4" "$("$1_completes" "$3")"; }
# what each of them is asked
completes_all() {
    completes "$1" 'a command' 'vmtune hi' history
    completes "$1" 'the domains of the libvirt named' 'vmtune -c test:///default apply ' test
    completes "$1" 'them where it is named behind the command' \
        'vmtune history --connect test:///default te' test
    completes "$1" 'nothing, and says nothing, where libvirt is not to be had' \
        'vmtune apply -c test:///nowhere ' ''
    completes "$1" 'rules' 'vmtune explain hyperv/sti' \
        "$("$vmtune" rules 'hyperv/sti*' | sed -n 's,^\(hyperv/[^ ]*\).*,\1,p')"
    completes "$1" 'causes' 'vmtune causes time/pm' time/pm-timer
    completes "$1" 'causes beside rules' 'vmtune explain sleep/' sleep/hlt
    completes "$1" 'profiles' 'vmtune diff --profile ne' nested
    completes "$1" 'levels' 'vmtune check --fail-on re' recommend
    completes "$1" 'formats that only check has' 'vmtune check --format sa' sarif
    completes "$1" 'none of them for others' 'vmtune status --format sa' ''
}

# --- bash --------------------------------------------------------------------------------------

# bash_completes LINE: what bash has for the end of it; the words are cut as readline cuts them
bash_completes() {
    python3 - "$1" <<'END2' >"$tmp/words"
import re, sys
line = sys.argv[1]
words = re.findall(r"[=:]+|(?:\\.|[^\s=:])+", line)
print("\n".join(words + [""] * line.endswith((" ", "=", ":"))), end="\n")
END2
    bash --norc -c '
        . "$1" || exit
        mapfile -t COMP_WORDS <"$2"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _vmtune
        printf "%s\n" "${COMPREPLY[@]}"' - "$files/vmtune" "$tmp/words" 2>&1
}
bash_options() { bash_completes "vmtune $1 -"; }
holds_equal bash
completes_all bash
completes bash 'a value behind =' 'vmtune check --format=j' json
completes bash 'the rest of an address, from the colon on' 'vmtune -c qemu:///sy' ///system
completes bash 'folders and files with XML beside domains' 'vmtune check ' \
    "$(printf '%s\n' domain.xml 'some folder' 'two words.xml'; virsh -q list --all --name 2>/dev/null)"
completes bash 'a name with a blank in it' 'vmtune check two\ wo' 'two words.xml'
completes bash 'files of any name to write to' 'vmtune tune -o no' notes
check 'the real bash takes it' bash --norc -c '. "$1" && complete -p vmtune' - "$files/vmtune"

# --- zsh ---------------------------------------------------------------------------------------

zsh_options() {
    zsh -fc 'compdef() {}
        . "$1"
        _vmtune_set_options ${2:+$2}
        print -rl -- $taken' - "$files/_vmtune" "$1" |
        sed -n 's/^\((.*)\)\{0,1\}\*\{0,1\}\(--\{0,1\}[a-z-]*\)[=+]\{0,1\}\[.*/\2/p'
}
# zsh_completes LINE: what its completion system adds for the end of LINE, in a terminal of zsh's own
cat >"$tmp/zshrc" <<'END2'
autoload -U compinit && compinit -u -D
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
compadd() {
    local -a added
    if [[ " ${@[1,(i)(-|--)]} " != *' '-[OAD]' '* ]]; then # those add nothing
        builtin compadd -A added "$@"
        (( $#added )) && print -rl -- $added >>added
    fi
    builtin compadd "$@"
}
finish() { exit }
comppostfuncs=(finish)
END2
zsh_completes() {
    rm -f added && : >added
    FILES=$files timeout 20 zsh -fc 'zmodload zsh/zpty
        zpty shell "PS1= zsh -f -i"
        zpty -w shell "fpath=(\$FILES \$fpath) && . ./zshrc && print rea\"\"dy"
        zpty -r shell line "*ready*"
        zpty -w -n shell "$1"$'"'\t'"'
        while zpty -r shell line; do :; done' - "$1" >/dev/null 2>log || cat log
    sort -u added
}
if command -v zsh >/dev/null; then
    holds_equal zsh
    completes_all zsh
else
    say 'zsh is not installed'
fi

# --- fish --------------------------------------------------------------------------------------

fish_completes() {
    fish --no-config -c '. $argv[1]; complete -C $argv[2]' "$files/vmtune.fish" "$1" 2>&1 | cut -f 1
}
# a dash alone is completed with the short names, two with the long ones
fish_options() { fish_completes "vmtune $1 -" | grep -x -- '-.\|--.*'; }
if command -v fish >/dev/null; then
    holds_equal fish
    completes_all fish
else
    say 'fish is not installed'
fi
finish
