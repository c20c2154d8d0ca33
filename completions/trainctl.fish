# Completion of trainctl in fish:  trainctl completion fish | source

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
