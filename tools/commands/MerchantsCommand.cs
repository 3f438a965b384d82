using System.CommandLine;
using Payments.Domain;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments merchants create|list</c>.</summary>
internal static class MerchantsCommand
{
    public static Command Create() => new("merchants", "Makes and lists merchants. Environment: PAYMENTS_DATABASE.") { CreateMerchant(), List() };

    private static Command CreateMerchant()
    {
        var name = new Option<string>("--name") { Description = "What the merchant is called.", Required = true };
        var mode = new Option<Mode>("--mode") { Description = "test or live; it can never be changed.", DefaultValueFactory = _ => Mode.Test };
        var basisPoints = new Option<int>("--fee-bp") { Description = "The fee's part of the amount, in basis points.", DefaultValueFactory = _ => 290 };
        var fixedFee = new Option<long>("--fee-fixed") { Description = "The fee's fixed part, in minor units.", DefaultValueFactory = _ => 30 };
        var command = new Command("create", "Makes a merchant and prints its id.") { name, mode, basisPoints, fixedFee }.WithExamples("""
            Example:
              payments merchants create --name "Corner shop" --mode test --fee-bp 290 --fee-fixed 30
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var fee = new FeeTerms(parsed.GetValue(basisPoints), parsed.GetValue(fixedFee));
            Console.WriteLine(await new MerchantBook(database, TimeProvider.System)
                .CreateMerchantAsync(parsed.GetRequiredValue(name), parsed.GetValue(mode), fee, cancellationToken));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists the merchants.");
        command.SetAction(async (_, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var table = new Table().AddColumns("id", "name", "mode", "fee", "made at");
            foreach (var merchant in await new MerchantBook(database, TimeProvider.System).MerchantsAsync(cancellationToken))
            {
                table.AddRow(
                    merchant.Id, Markup.Escape(merchant.Name), merchant.Mode, $"{merchant.Fee.BasisPoints} bp + {merchant.Fee.Fixed}", $"{merchant.CreatedAt:u}");
            }

            AnsiConsole.Write(table);
            return ExitCode.Ok;
        });
        return command;
    }
}
