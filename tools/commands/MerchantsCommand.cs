using System.CommandLine;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Spectre.Console;

namespace Payments.Tools.Commands;

/// <summary><c>payments merchants create|list|update</c>.</summary>
internal static class MerchantsCommand
{
    public static Command Create() => new("merchants", "Makes, lists and changes merchants. Environment: PAYMENTS_DATABASE.")
    {
        CreateMerchant(), List(), Update(),
    };

    private static Command CreateMerchant()
    {
        var name = Names.Option("What the merchant is called.");
        name.Required = true;
        var mode = new Option<Mode>("--mode") { Description = "test or live; it can never be changed.", DefaultValueFactory = _ => Mode.Test };
        var (basisPoints, fixedFee, returned) = FeeOptions();
        var command = new Command("create", "Makes a merchant and prints its id. A fee that is not given is 290 bp + 30, and is kept on refunds.")
        {
            name, mode, basisPoints, fixedFee, returned,
        }.WithExamples("""
            Example:
              payments merchants create --name "Corner shop" --mode test --fee-bp 290 --fee-fixed 30
            """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            var fee = new FeeTerms(parsed.GetValue(basisPoints) ?? 290, parsed.GetValue(fixedFee) ?? 30, parsed.GetValue(returned) ?? false);
            var (merchant, _) = await new MerchantStore(database, TimeProvider.System).CreateMerchantAsync(
                MerchantStore.NewId(), parsed.GetRequiredValue(name)!, parsed.GetValue(mode), fee, request: null, cancellationToken);
            Console.WriteLine(merchant.Id);
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
            var table = new Table().AddColumns("id", "name", "mode", "fee", "on refunds", "made at");
            foreach (var merchant in await new MerchantStore(database, TimeProvider.System).MerchantsAsync(null, int.MaxValue, cancellationToken))
            {
                table.AddRow(merchant.Id, Markup.Escape(merchant.Name), merchant.Mode, Percent(merchant), Refunds(merchant), $"{merchant.CreatedAt:u}");
            }

            AnsiConsole.Write(table);
            return ExitCode.Ok;
        });
        return command;

        static string Percent(MerchantLine merchant) => $"{merchant.Fee.BasisPoints} bp + {merchant.Fee.Fixed}";

        static string Refunds(MerchantLine merchant) => merchant.Fee.ReturnedOnRefund ? "returned" : "kept";
    }

    private static Command Update()
    {
        var id = new Argument<string>("id") { Description = "The merchant's id in `payments merchants list`." };
        var name = Names.Option("What the merchant is called.");
        var (basisPoints, fixedFee, returned) = FeeOptions();
        var command = new Command("update", "Changes what is given. Payments keep the fee that they were made with.") { id, name, basisPoints, fixedFee, returned }
            .WithExamples("""
                Example:
                  payments merchants update mer_... --fee-bp 250 --fee-returned-on-refund true
                """);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = await Settings.OpenDatabaseAsync(cancellationToken);
            _ = await new MerchantStore(database, TimeProvider.System).UpdateMerchantAsync(
                    parsed.GetRequiredValue(id), parsed.GetValue(name), parsed.GetValue(basisPoints), parsed.GetValue(fixedFee), parsed.GetValue(returned),
                    cancellationToken)
                ?? throw new UnusableException($"There is no merchant {parsed.GetRequiredValue(id)}; `payments merchants list` shows them.");
            Console.WriteLine("updated");
            return ExitCode.Ok;
        });
        return command;
    }

    private static (Option<int?> BasisPoints, Option<long?> Fixed, Option<bool?> Returned) FeeOptions()
    {
        var basisPoints = new Option<int?>("--fee-bp") { Description = $"The fee's part of the amount, in basis points, 0 to {FeeTerms.MaxBasisPoints}." };
        basisPoints.Validators.Add(result => Check(result.Tokens, FeeTerms.MaxBasisPoints, message => result.AddError($"--fee-bp {message}")));
        var fixedFee = new Option<long?>("--fee-fixed") { Description = "The fee's fixed part, in minor units." };
        fixedFee.Validators.Add(result => Check(result.Tokens, Money.MaxOperation, message => result.AddError($"--fee-fixed {message}")));
        var returned = new Option<bool?>("--fee-returned-on-refund") { Description = "true: a refund gives its share of the fee back to the merchant." };
        return (basisPoints, fixedFee, returned);

        static void Check(IReadOnlyList<System.CommandLine.Parsing.Token> tokens, long most, Action<string> refuse)
        {
            if (tokens is [var token] && !(long.TryParse(token.Value, out var number) && number >= 0 && number <= most))
            {
                refuse($"must be a whole number from 0 to {most}.");
            }
        }
    }
}
