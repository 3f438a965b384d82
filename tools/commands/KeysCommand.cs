using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments keys create|list|rotate|revoke</c>.</summary>
internal static class KeysCommand
{
    /// <summary>What a merchant's key may do when nothing else is asked for.</summary>
    public static readonly ImmutableArray<string> MerchantScopes = ["read", "write", "ledger"];

    public static readonly ImmutableArray<string> OperatorScopes = ["operator"];

    public static Command Create() =>
        new("keys", "Makes, lists, rotates and revokes API keys. Environment: PAYMENTS_DATABASE.") { CreateKey(), List(), Rotate(), Revoke() };

    private static Command CreateKey()
    {
        var merchant = new Option<string?>("--merchant") { Description = "The merchant's id; without it the key is an operator's.", HelpName = "mer_..." };
        var name = Names.Option("What the key is called, to tell it from others.");
        var scopes = new Option<string[]>("--scope")
        {
            Description = "What the key may do: read, write, ledger. All three when not given.",
            AllowMultipleArgumentsPerToken = true,
        };
        scopes.AcceptOnlyFromAmong("read", "write", "ledger");
        var command = new Command("create", "Makes a key and prints it. It is shown this once: only its hash is stored.") { merchant, scopes, name }.WithExamples("""
            Example:
              payments keys create --merchant mer_... --scope read ledger --name "Nightly export"
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var merchantId = parsed.GetValue(merchant);
            var asked = parsed.GetValue(scopes) is { Length: > 0 } some ? [.. some.Distinct()] : MerchantScopes;
            var made = await new MerchantStore(database, TimeProvider.System).CreateKeyAsync(
                MerchantStore.NewId(), merchantId, parsed.GetValue(name), merchantId is null ? OperatorScopes : asked, null, cancellationToken);
            Console.WriteLine(made?.Secret ?? throw new UnusableException($"There is no merchant {merchantId}; `payments merchants list` shows them."));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists the keys. The secrets themselves are kept nowhere.");
        command.SetAction(async (_, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var table = new Table().AddColumns("id", "name", "merchant", "scopes", "ends in", "made at", "last used", "ends at");
            var store = new MerchantStore(database, TimeProvider.System);
            var (operators, merchants) = (await store.OperatorKeysAsync(cancellationToken), await store.KeysAsync(null, null, int.MaxValue, cancellationToken));
            foreach (var key in operators.Concat(merchants))
            {
                table.AddRow(
                    Ids.Format(Ids.KeyPrefix, key.Id), Markup.Escape(key.Name ?? ""), key.MerchantId ?? "operator", string.Join(' ', key.Scopes), key.Hint,
                    $"{key.CreatedAt:u}", $"{key.LastUsedAt:u}", End(key));
            }

            AnsiConsole.Write(table);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Rotate()
    {
        var id = IdArgument();
        var grace = new Option<string>("--grace")
        {
            Description = "How long the old key still works: a number and s, m, h or d; 0: not at all.",
            HelpName = "24h",
            DefaultValueFactory = _ => "24h",
        };
        var command = new Command("rotate", "Makes a key in place of another and prints it. The old one ends after the grace.") { id, grace }.WithExamples("""
            Example:
              payments keys rotate key_... --grace 24h
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (old, end) = (Parse(parsed.GetRequiredValue(id)), Duration(parsed.GetRequiredValue(grace)));
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var store = new MerchantStore(database, TimeProvider.System);
            if (await store.RotateKeyAsync(old, MerchantStore.NewId(), end, null, cancellationToken) is not { Secret: { } secret })
            {
                throw await store.KeyAsync(old, cancellationToken) is null ? NoKey(parsed.GetRequiredValue(id))
                    : new UnusableException("The key was revoked or rotated before.");
            }

            Console.WriteLine(secret);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Revoke()
    {
        var id = IdArgument();
        var command = new Command("revoke", "Revokes a key at once and for good.") { id }.WithExamples("""
            Example:
              payments keys revoke key_...
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var key = Parse(parsed.GetRequiredValue(id));
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            _ = await new MerchantStore(database, TimeProvider.System).RevokeKeyAsync(key, cancellationToken) ?? throw NoKey(parsed.GetRequiredValue(id));
            Console.WriteLine("revoked");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("key") { Description = "The key's id in `payments keys list`." };

    // Never repeats what is no id: it may well be the secret.
    private static Guid Parse(string text) => Ids.TryParse(Ids.KeyPrefix, text, out var id) ? id
        : throw new UnusableException("A key is named by its id, key_...; `payments keys list` shows them.");

    private static UnusableException NoKey(string id) => new($"There is no key {id}; `payments keys list` shows them.");

    private static string End(KeyRow key) => key switch
    {
        { RevokedAt: { } at } => $"revoked {at:u}",
        { ExpiresAt: { } at } => $"expires {at:u}",
        _ => "",
    };

    private static TimeSpan Duration(string text)
    {
        long? unit = text is "0" ? 1 : text.LastOrDefault() switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => null };
        var digits = text is "0" or "" ? text : text[..^1];
        return unit is { } seconds && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number * seconds <= 366 * 86_400L
            ? TimeSpan.FromSeconds(number * seconds)
            : throw new UnusableException("--grace is a number and s, m, h or d, up to a year, e.g. 24h; 0: at once.");
    }
}
