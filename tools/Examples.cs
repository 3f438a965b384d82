using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Payments.Tools;

/// <summary>Examples and the like behind a command's own help. In its parent's list a command keeps to one line.</summary>
internal static class Examples
{
    private static readonly Dictionary<Command, string> Texts = [];

    /// <summary>Shows a text at the end of this command's help.</summary>
    public static Command WithExamples(this Command command, string text)
    {
        Texts[command] = text;
        return command;
    }

    /// <summary>Makes the root's help option show the texts.</summary>
    public static void ShowIn(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new Action((HelpAction)help.Action!);
    }

    private sealed class Action(HelpAction inner) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = inner.Invoke(parseResult);
            if (Texts.TryGetValue(parseResult.CommandResult.Command, out var text))
            {
                parseResult.InvocationConfiguration.Output.WriteLine(text);
                parseResult.InvocationConfiguration.Output.WriteLine();
            }

            return code;
        }
    }
}
