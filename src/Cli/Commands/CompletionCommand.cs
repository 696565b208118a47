using System.CommandLine;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn completion</c>: what a shell has to run so that Tab completes; <c>cnn [suggest:…]</c> of the library answers it.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh, fish or pwsh.", HelpName = string.Join('|', Shells) };

    public CompletionCommand()
        : base(
            "completion",
            "Prints what makes a shell complete the command's words.",
            new Example("cnn completion bash", "in ~/.bashrc: source <(cnn completion bash)"),
            new Example("cnn completion zsh", "in ~/.zshrc: source <(cnn completion zsh)"),
            new Example("cnn completion fish", "in config.fish: cnn completion fish | source"),
            new Example("cnn completion pwsh", "in $PROFILE: cnn completion pwsh | Out-String | Invoke-Expression"))
    {
        _shell.CompletionSources.Add(Shells);
        _shell.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var shell }, ..] && !Shells.Contains(shell)) result.AddError($"SHELL is '{shell}'; it must be one of {string.Join(", ", Shells)}");
        });
        Arguments.Add(_shell);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        Console.Out.WriteLine(arguments.GetRequiredValue(_shell) switch
        {
            "bash" => """
                _cnn() {
                  local IFS=$'\n'
                  COMPREPLY=($(compgen -W "$(cnn "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
                }
                complete -o default -F _cnn cnn
                """,
            "zsh" => """
                _cnn() {
                  local -a words_found
                  words_found=("${(@f)$(cnn "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                  compadd -- "${words_found[@]}"
                  _files
                }
                compdef _cnn cnn
                """,
            "fish" => """
                complete -c cnn -a '(cnn "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
                """,
            _ => """
                Register-ArgumentCompleter -Native -CommandName cnn -ScriptBlock {
                  param($word, $line, $position)
                  cnn "[suggest:$position]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
                }
                """,
        });
        return ExitCode.Success;
    }
}
