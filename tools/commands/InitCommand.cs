using System.CommandLine;
using Payments.Domain;

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
            var book = new MerchantBook(database, TimeProvider.System);
            await KeepOrWriteAsync(Path.Combine(folder, "secret_key"), isOperator: false, async () =>
                await book.CreateKeyAsync(await FirstMerchantAsync(book, cancellationToken), MerchantBook.MerchantScopes, cancellationToken));
            await KeepOrWriteAsync(Path.Combine(folder, "operator_key"), isOperator: true, () =>
                book.CreateKeyAsync(null, ["operator"], cancellationToken));
            return ExitCode.Ok;

            async Task KeepOrWriteAsync(string path, bool isOperator, Func<Task<string>> create)
            {
                if (await book.IsValidAsync(SecretFile.Read(path), isOperator, cancellationToken))
                {
                    Console.WriteLine($"kept {path}");
                    return;
                }

                SecretFile.Write(path, await create());
                Console.WriteLine($"wrote {path}");
            }
        });
        return command;
    }

    // A lost key file gets a new key of the merchant that is there, not another merchant.
    private static async Task<string> FirstMerchantAsync(MerchantBook book, CancellationToken cancellationToken) =>
        (await book.MerchantsAsync(cancellationToken)).FirstOrDefault(merchant => merchant.Mode == Mode.Test.Name())?.Id
            ?? await book.CreateMerchantAsync("First merchant", Mode.Test, new FeeTerms(290, 30), cancellationToken);
}
