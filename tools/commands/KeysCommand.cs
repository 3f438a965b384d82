using System.CommandLine;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments keys create|list|revoke</c>.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "Makes, lists and revokes API keys. Environment: PAYMENTS_DATABASE.") { CreateKey(), List(), Revoke() };

    private static Command CreateKey()
    {
        var merchant = new Option<string?>("--merchant") { Description = "The merchant's id; without it the key is an operator's.", HelpName = "mer_..." };
        var scopes = new Option<string[]>("--scope")
        {
            Description = "What the key may do: read, write, ledger. All three when not given.",
            AllowMultipleArgumentsPerToken = true,
        };
        scopes.AcceptOnlyFromAmong("read", "write", "ledger");
        var command = new Command("create", "Makes a key and prints it. It is shown this once: only its hash is stored.") { merchant, scopes }.WithExamples("""
            Example:
              payments keys create --merchant mer_... --scope read ledger
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var merchantId = parsed.GetValue(merchant);
            var asked = parsed.GetValue(scopes) is { Length: > 0 } some ? some : MerchantBook.MerchantScopes;
            Console.WriteLine(await new MerchantBook(database, TimeProvider.System)
                .CreateKeyAsync(merchantId, merchantId is null ? ["operator"] : asked, cancellationToken));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists the keys by name. The secrets themselves are kept nowhere.");
        command.SetAction(async (_, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var table = new Table().AddColumns("name", "merchant", "scopes", "ends in", "made at", "revoked at");
            foreach (var key in await new MerchantBook(database, TimeProvider.System).KeysAsync(cancellationToken))
            {
                table.AddRow(key.Name, key.MerchantId ?? "operator", string.Join(' ', key.Scopes), key.Hint, $"{key.CreatedAt:u}", $"{key.RevokedAt:u}");
            }

            AnsiConsole.Write(table);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Revoke()
    {
        var name = new Argument<string>("name") { Description = "The key's name in `payments keys list`." };
        var command = new Command("revoke", "Revokes a key at once and for good.") { name }.WithExamples("""
            Example:
              payments keys revoke 3f2a90c41b7e
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            await new MerchantBook(database, TimeProvider.System).RevokeAsync(parsed.GetRequiredValue(name), cancellationToken);
            Console.WriteLine("revoked");
            return ExitCode.Ok;
        });
        return command;
    }
}
