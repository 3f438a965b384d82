using System.Collections.Immutable;
using System.CommandLine;
using Payments.Domain;
using Payments.Storage.Postgres;

namespace Payments.Tools.Commands;

/// <summary><c>payments init</c>: a first merchant in test mode and the keys to begin with.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var state = Settings.StateOption();
        var command = new Command("init", "Makes a first merchant and the keys to begin with.") { state }.WithExamples("""
            Makes a first merchant (test mode, fee 2.9 % + 30 minor units) and writes its secret key and an operator's key to
            DIR/secret_key and DIR/operator_key, readable by you alone. Run again, it keeps whatever still works.
            Environment: PAYMENTS_DATABASE.

            Example:
              payments init --state .data
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Path.GetFullPath(parsed.GetRequiredValue(state));
            Directory.CreateDirectory(folder);
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var store = new MerchantStore(database, TimeProvider.System);
            await KeepOrWriteAsync(Path.Combine(folder, "secret_key"), isOperator: false, async () =>
                await CreateKeyAsync(await FirstMerchantAsync(store, cancellationToken), KeysCommand.MerchantScopes));
            await KeepOrWriteAsync(Path.Combine(folder, "operator_key"), isOperator: true, () => CreateKeyAsync(null, KeysCommand.OperatorScopes));
            return ExitCode.Ok;

            async Task KeepOrWriteAsync(string path, bool isOperator, Func<Task<string>> create)
            {
                if (SecretFile.Read(path) is { } secret && await store.KeyOfAsync(secret, cancellationToken) is { } key
                    && key.WorksAt(TimeProvider.System.Now()) && (key.MerchantId is null) == isOperator)
                {
                    Console.WriteLine($"kept {path}");
                    return;
                }

                SecretFile.Write(path, await create());
                Console.WriteLine($"wrote {path}");
            }

            async Task<string> CreateKeyAsync(string? merchantId, ImmutableArray<string> scopes) =>
                (await store.CreateKeyAsync(MerchantStore.NewId(), merchantId, "first key", scopes, null, cancellationToken))!.Secret!;
        });
        return command;
    }

    // A lost key file gets a new key of the merchant that is there, not another merchant.
    private static async Task<string> FirstMerchantAsync(MerchantStore store, CancellationToken cancellationToken) =>
        (await store.MerchantsAsync(null, int.MaxValue, cancellationToken)).FirstOrDefault(merchant => merchant.Mode == Mode.Test.Name())?.Id
            ?? (await store.CreateMerchantAsync(MerchantStore.NewId(), "First merchant", Mode.Test, new FeeTerms(290, 30), null, cancellationToken)).Merchant.Id;
}
