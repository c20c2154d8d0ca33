# Completion of trainctl in PowerShell:
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
