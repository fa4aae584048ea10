# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of vmtune(1) for fish.

# Prints the command on the line at hand, or the value of --connect if that is asked for.
function __vmtune_on_line --argument-names wanted
    set -l connect
    set -l command
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -c --connect
                set connect $words[2]
                set -e words[1]
            case '--connect=*'
                set connect (string replace -- --connect= '' $words[1])
            case '-*'
            case '*'
                set -q command[1]; or set command $words[1]
        end
        set -e words[1]
    end
    string join \n -- $$wanted
end
function __vmtune_command
    set -l command (__vmtune_on_line command)
    test -n "$command"; and contains -- $command $argv
end
function __vmtune_no_command
    test -z "$(__vmtune_on_line command)"
end
# reading needs no password
function __vmtune_domains
    set -l connect (__vmtune_on_line connect)
    test -n "$connect"; and set connect --connect $connect
    virsh --quiet --readonly $connect list --all --name 2>/dev/null </dev/null | string match -v ''
end
function __vmtune_domains_or_files
    __vmtune_domains
    __fish_complete_suffix .xml
end
function __vmtune_rules
    vmtune rules 2>/dev/null | string match -r '^[a-z0-9-]+/\S+'
end
function __vmtune_causes
    vmtune causes 2>/dev/null | string match -r '^[a-z0-9-]+/\S+'
end
function __vmtune_profiles
    vmtune rules --profiles 2>/dev/null | string match -r '^\S+'
end

complete -c vmtune -f

# __vmtune_offer COMMAND SUMMARY
function __vmtune_offer
    complete -c vmtune -n __vmtune_no_command -a $argv[1] -d $argv[2]
end
__vmtune_offer overview 'show on one screen how the guests are'
__vmtune_offer diff 'show what would change and why, changing nothing'
__vmtune_offer check 'report what is wrong or could be better'
__vmtune_offer tune 'print the tuned XML of one domain'
__vmtune_offer apply 'rewrite the stored XML of domains'
__vmtune_offer undo 'go back to before the last apply, or entry N of the history'
__vmtune_offer history 'list what vmtune did to domains'
__vmtune_offer watch 'tune domains when they are defined or changed'
__vmtune_offer status 'tell which changes run and what the others wait for'
__vmtune_offer diagnose 'tell why a running guest leaves for the host so often, and what ends it'
__vmtune_offer explain 'tell all about a rule, and how it decides for a domain'
__vmtune_offer rules 'list the rules in force, or verify rules of your own'
__vmtune_offer causes 'list the causes of exits that diagnose knows'
__vmtune_offer facts 'show what is known of a domain and where from'
__vmtune_offer host 'show the topology of this host, or capture the host'
__vmtune_offer map 'draw the host and which guest sits where'
functions -e __vmtune_offer

# arguments
complete -c vmtune -n '__vmtune_command diff check tune facts' -a '(__vmtune_domains_or_files)'
complete -c vmtune -n '__vmtune_command diagnose' -F -a '(__vmtune_domains)'
complete -c vmtune -n '__vmtune_command apply undo history status' -a '(__vmtune_domains)'
complete -c vmtune -n '__vmtune_command explain rules' -a '(__vmtune_rules)'
complete -c vmtune -n '__vmtune_command explain causes' -a '(__vmtune_causes)'

# options
complete -c vmtune -s h -l help -d help
complete -c vmtune -s v -l verbose -d 'say more'
complete -c vmtune -n __vmtune_no_command -l version -d 'print the version'
complete -c vmtune -n 'not __vmtune_command rules causes' -s c -l connect -x -d 'libvirt to connect to' \
    -a 'qemu:///system qemu:///session $LIBVIRT_DEFAULT_URI'
complete -c vmtune -n '__vmtune_command diff check tune diagnose explain facts host map' -l host -x \
    -d 'the host that domains are for' -a '(__fish_complete_directories)'
complete -c vmtune -n '__vmtune_command diff check tune apply diagnose explain facts' -l profile -x \
    -d 'tune for this profile' -a '(__vmtune_profiles)'
complete -c vmtune -n '__vmtune_command diff check history status diagnose explain rules causes facts' -l format -x \
    -d 'form of the output' -a 'text json'
complete -c vmtune -n '__vmtune_command check' -l format -x -a sarif
complete -c vmtune -n '__vmtune_command rules causes' -l format -x -a man
complete -c vmtune -n '__vmtune_command check' -l fail-on -x -d 'least level that counts' \
    -a 'error warning recommend advice never'
complete -c vmtune -n '__vmtune_command diff check apply status facts' -l all \
    -d 'every domain of this libvirt'
complete -c vmtune -n '__vmtune_command tune' -s o -l output -r -F -d 'write to this file'
complete -c vmtune -n '__vmtune_command apply' -l repin \
    -d 'also replace pins that this host cannot honour'
complete -c vmtune -n '__vmtune_command apply' -s y -l yes -d 'with --all, store without asking first'
complete -c vmtune -n '__vmtune_command apply' -l measure -d 'first measure how running guests run'
complete -c vmtune -n '__vmtune_command undo' -l force -d 'even if the domain was changed since'
complete -c vmtune -n '__vmtune_command apply diagnose' -l seconds -x -d 'how long to measure'
complete -c vmtune -n '__vmtune_command diagnose' -l blockstats \
    -d 'watch whether the guest outgrows the caches of its disks'
complete -c vmtune -n '__vmtune_command diagnose' -l perf \
    -d "measure with perf instead of libvirt's counters"
complete -c vmtune -n '__vmtune_command diagnose' -l memory-map \
    -d 'ask QEMU what is at addresses that are not known'
complete -c vmtune -n '__vmtune_command diagnose' -l save -r -F \
    -d 'save the measurement in this file'
complete -c vmtune -n '__vmtune_command diagnose' -l compare -r -F \
    -d 'hold the diagnosis against this saved measurement'
complete -c vmtune -n '__vmtune_command diagnose' -l html -r -F \
    -d 'also write a report with drawings into this file'
complete -c vmtune -n '__vmtune_command explain' -l domain -x -d 'say how the rule decides for it' \
    -a '(__vmtune_domains_or_files)'
complete -c vmtune -n '__vmtune_command rules' -l profiles -d 'list the profiles instead'
complete -c vmtune -n '__vmtune_command rules' -l level -x -d 'rules of this level alone' \
    -a 'error warning recommend advice'
complete -c vmtune -n '__vmtune_command rules' -l scope -x -d 'rules of this scope alone' \
    -a 'guest host'
complete -c vmtune -n '__vmtune_command rules' -l effect -x \
    -d 'rules that take effect then alone' -a 'now next-boot by-hand'
complete -c vmtune -n '__vmtune_command rules' -l verify -x \
    -d 'name every fault of the rules in this folder' -a '(__fish_complete_directories)'
complete -c vmtune -n '__vmtune_command facts' -l list -d 'list all facts there are'
complete -c vmtune -n '__vmtune_command host' -l save -x -d 'capture this host into a folder' \
    -a '(__fish_complete_directories)'
complete -c vmtune -n '__vmtune_command map' -l plan -x -d 'show where it would go' \
    -a '(__vmtune_domains_or_files)'
complete -c vmtune -n '__vmtune_command diagnose map' -l svg -r -F -d 'draw into this file'
complete -c vmtune -n '__vmtune_command diagnose map' -l ascii -d 'draw with ASCII characters only'
complete -c vmtune -n '__vmtune_command diagnose map' -l width -x -d 'draw for so many columns'
