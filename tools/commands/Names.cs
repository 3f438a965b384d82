using System.CommandLine;
using Payments.Domain;

namespace Payments.Tools.Commands;

/// <summary>The option by which merchants and keys are named.</summary>
internal static class Names
{
    public static Option<string?> Option(string description)
    {
        var name = new Option<string?>("--name") { Description = description };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(FieldRules.IsText(token.Value, FieldRules.MaxName) && FieldRules.Forbidden(token.Value) is null))
            {
                result.AddError($"--name is a text of 1 to {FieldRules.MaxName} characters without control characters or card numbers.");
            }
        });
        return name;
    }
}
