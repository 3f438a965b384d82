using Payments.Domain;
using Payments.Storage.Postgres;
using Payments.Tools.Driving;
using Spectre.Console;

namespace Payments.Tools;

/// <summary>Shows a demo's outcome: clients, books and processor beside each other.</summary>
internal static class DemoView
{
    private const int ShownWrongs = 20;

    public static void Happened(Tally tally, Storm? storm)
    {
        var table = Tables.Numbers("What happened", "", "count");
        foreach (var (heading, label) in new[] { ("story/", "payment: "), ("payment/", "ended "), ("capture/", "capture "), ("cancellation/", "cancellation "), ("refund/", "refund ") })
        {
            foreach (var (name, count) in tally.Under(heading))
            {
                table.AddRow(Markup.Escape(label + name), $"{count:N0}");
            }

            table.AddEmptyRow();
        }

        table.AddRow("requests that move money", $"{tally["requests"]:N0}");
        table.AddRow("answers marked as replays", $"{tally["replays"]:N0}");
        table.AddRow("requests repeated because there was no answer", $"{tally["retries"]:N0}");
        if (storm is not null)
        {
            table.AddRow("answers of the processor that were lost", $"{storm.LostAnswers:N0}");
            table.AddRow("times that the processor was unavailable", $"{storm.Unavailable:N0}");
            table.AddRow("repeated sends that the processor recognized", $"{storm.Replays:N0}");
        }

        AnsiConsole.Write(table);
    }

    /// <summary>What the clients were told beside what the books say of the same payments.</summary>
    public static bool Told(Tally tally, IReadOnlyList<RunBooksLine> books)
    {
        var table = Tables.Numbers("What the clients were told, and what the books say", "currency", "captured (told)", "captured (books)", "refunded (told)", "refunded (books)");
        // What was authorized when its client was told has succeeded since, where something of it was captured.
        var agrees = books.Sum(line => line.Succeeded) == tally["payment/succeeded"] + tally["capture/succeeded"]
            && books.Sum(line => line.Payments) == tally.Under("payment/").Sum(line => line.Count);
        foreach (var line in books)
        {
            var (captured, refunded) = (tally[$"captured/{line.Currency}"], tally[$"refunded/{line.Currency}"]);
            agrees &= captured == line.Captured && refunded == line.Refunded;
            table.AddRow(line.Currency, Amount(captured, line.Currency), Amount(line.Captured, line.Currency), Amount(refunded, line.Currency), Amount(line.Refunded, line.Currency));
        }

        AnsiConsole.Write(table);
        return agrees;
    }

    /// <summary>The API's trial balance: all debits equal all credits in each currency.</summary>
    public static bool TrialBalance(ApiAnswer answer)
    {
        if (!answer.IsSuccess || !answer.Body.TryGetProperty("lines", out var lines))
        {
            Console.WriteLine($"The trial balance was refused with {(int)answer.Status} {answer.Text("code")}.");
            return false;
        }

        var table = Tables.Numbers("Trial balance", "account", "debits", "credits");
        var sums = new SortedDictionary<string, (decimal Debits, decimal Credits)>(StringComparer.Ordinal);
        foreach (var line in lines.EnumerateArray())
        {
            var currency = line.GetProperty("currency").GetString()!;
            var (debits, credits) = (line.GetProperty("debits").GetDecimal(), line.GetProperty("credits").GetDecimal());
            var sum = sums.GetValueOrDefault(currency);
            sums[currency] = (sum.Debits + debits, sum.Credits + credits);
            table.AddRow(Markup.Escape(line.GetProperty("account").GetString()!), Amount(debits, currency), Amount(credits, currency));
        }

        foreach (var (currency, sum) in sums)
        {
            var colour = sum.Debits == sum.Credits ? "green" : "red";
            table.AddRow($"[{colour}]total {currency}[/]", $"[{colour}]{Amount(sum.Debits, currency)}[/]", $"[{colour}]{Amount(sum.Credits, currency)}[/]");
        }

        AnsiConsole.Write(table);
        return sums.Values.All(sum => sum.Debits == sum.Credits);
    }

    /// <summary>The processor's own record beside the books.</summary>
    public static bool Effects(AuditReport report)
    {
        var table = Tables.Numbers("Effects: the processor's own record, and our books", "effect", "count (theirs)", "count (ours)", "sum (theirs)", "sum (ours)");
        foreach (var line in report.Effects)
        {
            var colour = line.Agrees ? "green" : "red";
            table.AddRow(
                $"[{colour}]{line.Kind} {line.Currency}[/]", $"{line.TheirCount:N0}", $"{line.OurCount:N0}",
                Amount((decimal)line.TheirSum, line.Currency), Amount((decimal)line.OurSum, line.Currency));
        }

        AnsiConsole.Write(table);
        return report.Effects.All(line => line.Agrees);
    }

    /// <summary>Stripe's own lists beside the books.</summary>
    public static bool Effects(IReadOnlyList<StripeLine> lines)
    {
        var table = Tables.Numbers("Effects: the processor's own lists, and our books", "effect", "count (theirs)", "count (ours)", "sum (theirs)", "sum (ours)");
        foreach (var line in lines)
        {
            var colour = line.Agrees ? "green" : "red";
            table.AddRow(
                $"[{colour}]{line.Kind} {line.Currency}[/]", $"{line.TheirCount:N0}", $"{line.OurCount:N0}", Amount(line.TheirSum, line.Currency), Amount(line.OurSum, line.Currency));
        }

        AnsiConsole.Write(table);
        return lines.Count > 0 && lines.All(line => line.Agrees);
    }

    /// <summary>Says whether all agree, and if not, who does not and what to do next.</summary>
    public static bool Verdict(Tally tally, long inFlight, bool told, bool balanced, bool effects, AuditReport report)
    {
        var troubles = new List<string>();
        troubles.AddRange(tally.Wrongs.Take(ShownWrongs));
        if (inFlight > 0)
        {
            troubles.Add($"{inFlight} payments are still in flight: nothing is lost, but nobody finishes them. Are the nodes and the processor up? Then run `payments verify`.");
        }

        if (!told)
        {
            troubles.Add("The books of this run are not what its clients were told; the timeline of a payment (GET /v1/payments/{id}/timeline) shows what happened to it.");
        }

        if (!balanced)
        {
            troubles.Add("The trial balance does not balance; `payments verify` names the entries.");
        }

        if (!effects)
        {
            troubles.Add("The processor's effects and ours differ. If somebody else is using the system right now, wait and run `payments verify --simulator URL`.");
        }

        if (!report.Passed)
        {
            troubles.Add("The audit found breaches (above). Keep the database as it is, and look at the payments that they name.");
        }

        foreach (var trouble in troubles)
        {
            Console.WriteLine($"disagreement: {trouble}");
        }

        Console.WriteLine(troubles.Count == 0
            ? "Clients, books, processor and audit agree."
            : $"They do not agree: {troubles.Count} reasons above.");
        return troubles.Count == 0;
    }

    private static string Amount(decimal minor, string currency) => $"{Tables.Amount(minor, Currency.Of(currency))} {currency}";
}
