# Completion of trainctl in bash 4.4 and later:  eval "$(trainctl completion bash)"

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
