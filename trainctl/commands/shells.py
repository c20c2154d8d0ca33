"""Completion scripts: how each shell asks `trainctl` for the ways on. `asking.py` answers."""

from __future__ import annotations

from enum import StrEnum


class Shell(StrEnum):
    """Shells that have a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


FILES = {
    Shell.BASH: "trainctl.bash",
    Shell.ZSH: "_trainctl",
    Shell.FISH: "trainctl.fish",
    Shell.POWERSHELL: "trainctl.ps1",
}
"""What packagers call the scripts, each where its shell looks for it."""

# Bash splits words at `@`, `=` and `:` too, and replaces only what follows the last of them.
_BASH = r"""# Completion of trainctl in bash 4.4 and later:  eval "$(trainctl completion bash)"

_trainctl() {
    local line=${COMP_LINE:0:COMP_POINT} words
    local typed=${line##*[[:space:]]}
    read -ra words <<<"$line"
    local number=$((${#words[@]} - (${#typed} > 0)))
    mapfile -t COMPREPLY < <(
        env _TRAINCTL_COMPLETE=complete_bash COMP_WORDS="$line" COMP_CWORD=$number "$1" 2>/dev/null
    )
    [[ -n ${COMPREPLY[*]} ]] || COMPREPLY=()
    COMPREPLY=("${COMPREPLY[@]#"${typed%"$2"}"}")
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace
    fi
}

complete -o default -o nosort -F _trainctl trainctl
"""

_ZSH = r"""#compdef trainctl
# Completion of trainctl in zsh:  source <(trainctl completion zsh), or as `_trainctl` in a folder of $fpath

_trainctl() {
    local line
    local -a lines folders others
    lines=("${(@f)$(env _TRAINCTL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \
        _TYPER_COMPLETE_ARGS="${(j: :)words[1,CURRENT]}" $words[1] 2>/dev/null)}")
    for line in $lines; do
        case $line in
            */) folders+=("$line") ;;
            *$'\t'*) others+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
            *) others+=("${line//:/\\:}") ;;
        esac
    done
    if (( ! $#folders && ! $#others )); then
        _files
        return
    fi
    [[ $PREFIX == --*=* ]] && compset -P '*='
    (( $#folders )) && compadd -S '' -- $folders
    (( $#others )) && _describe -V trainctl others
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _trainctl "$@"
else
    compdef _trainctl trainctl
fi
"""

_FISH = r"""# Completion of trainctl in fish:  trainctl completion fish | source

function __trainctl_complete
    set -l found (env _TRAINCTL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args \
        _TYPER_COMPLETE_ARGS=(commandline -cp) trainctl 2>/dev/null)
    if test (count $found) -gt 0
        set -l option (string match --regex -- '^--[^=]+=' (commandline -ct))
        printf "$option%s\n" $found
    else
        __fish_complete_path (commandline -ct)
    end
end

complete --command trainctl --no-files --keep-order --arguments '(__trainctl_complete)'
"""

_POWERSHELL = r"""# Completion of trainctl in PowerShell:
#   trainctl completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName trainctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $Env:_TRAINCTL_COMPLETE = "complete_powershell"
    $Env:_TYPER_COMPLETE_ARGS = $commandAst.ToString()
    $Env:_TYPER_COMPLETE_WORD_TO_COMPLETE = $wordToComplete
    trainctl | ForEach-Object {
        $value, $text = $_ -Split ":::"
        [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $text)
    }
    $Env:_TRAINCTL_COMPLETE = $Env:_TYPER_COMPLETE_ARGS = $Env:_TYPER_COMPLETE_WORD_TO_COMPLETE = ""
}
"""

SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH, Shell.POWERSHELL: _POWERSHELL}
