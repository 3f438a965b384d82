using System.CommandLine;
using Payments.Domain;

namespace Payments.Tools.Commands;

/// <summary>Options that name merchants, keys, files and people.</summary>
internal static class Names
{
    public static Option<string?> Option(string description) => Option("--name", description, null);

    /// <param name="otherwise">What it is when it is not given.</param>
    public static Option<string?> Option(string option, string description, string? otherwise)
    {
        var name = new Option<string?>(option) { Description = description, HelpName = "NAME", DefaultValueFactory = _ => otherwise };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !IsName(token.Value))
            {
                result.AddError($"{option} is a text of 1 to {FieldRules.MaxName} characters without control characters or card numbers.");
            }
        });
        return name;
    }

    public static bool IsName(string text) => FieldRules.IsText(text, FieldRules.MaxName) && FieldRules.Forbidden(text) is null;
}
