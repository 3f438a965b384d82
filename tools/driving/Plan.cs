using System.Security.Cryptography;
using Payments.Domain;

namespace Payments.Tools.Driving;

/// <summary>How a client repeats itself.</summary>
internal enum Repeats
{
    Never,

    /// <summary>Once more when the answer is there.</summary>
    Afterwards,

    /// <summary>Several at once, on different nodes.</summary>
    AtOnce,
}

/// <param name="Amount">Minor units; null for all that is left.</param>
/// <param name="IsTooMuch">More than the payment has: it must be refused.</param>
internal sealed record PlannedRefund(string Key, long? Amount, bool IsTooMuch);

/// <param name="Story">What it is there to show.</param>
/// <param name="Token">The simulator's token, which says what becomes of it.</param>
internal sealed record PlannedPayment(
    string Story, string Key, string Reference, long Amount, string Currency, string Token, Repeats Repeats, IReadOnlyList<PlannedRefund> Refunds)
{
    /// <summary>What it must not become, whatever breaks on the way.</summary>
    public string Impossible => Token.StartsWith("tok_decline", StringComparison.Ordinal) ? "succeeded" : "declined";
}

/// <summary>What the demo does, worked out in advance: the same seed makes the same payments. Their keys differ from run to run.</summary>
internal static class Plan
{
    private static readonly string[] Currencies = ["EUR", "EUR", "EUR", "USD", "USD", "GBP", "JPY", "KWD"];

    // How many of a thousand show what.
    private static readonly (string Story, int Share, string Token, Repeats Repeats, Func<long, long?[]> Refunds)[] Stories =
    [
        ("approved", 420, "tok_approve", Repeats.Never, _ => []),
        ("declined, insufficient funds", 70, "tok_decline_insufficient_funds", Repeats.Never, _ => []),
        ("declined, stolen card", 40, "tok_decline_stolen_card", Repeats.Never, _ => []),
        ("refunded in part", 90, "tok_approve", Repeats.Never, amount => [amount / 3]),
        ("refunded in two parts", 50, "tok_approve", Repeats.Never, amount => [amount / 4, null]),
        ("refunded in full", 70, "tok_approve", Repeats.Never, _ => [null]),
        ("refund refused by the processor", 10, "tok_approve", Repeats.Never, _ => [77]),
        ("refund of too much", 20, "tok_approve", Repeats.Never, amount => [amount + 1]),
        ("sent again under its key", 70, "tok_approve", Repeats.Afterwards, amount => [amount / 2]),
        ("sent many times at once", 60, "tok_approve", Repeats.AtOnce, amount => [amount / 2]),
        ("answer lost, charged", 35, "tok_lost_answer_charged", Repeats.Never, amount => [amount / 5]),
        ("answer lost, not charged", 30, "tok_lost_answer_not_charged", Repeats.Never, _ => []),
        ("processor unavailable at first", 25, "tok_unavailable_then_ok", Repeats.Never, _ => []),
        ("slow processor", 10, "tok_slow", Repeats.Never, _ => []),
    ];

    /// <summary>A word that tells runs apart. Letters and digits mixed, so that it never looks like a card number.</summary>
    public static string NewRun() => Base32.Encode(RandomNumberGenerator.GetBytes(5));

    /// <summary>Mixed payments: every story at least once when there are enough, then by their shares.</summary>
    public static IReadOnlyList<PlannedPayment> Mixed(string run, int count, int seed)
    {
        var random = new Random(seed);
        var payments = new PlannedPayment[count];
        for (var i = 0; i < count; i++)
        {
            var (story, _, token, repeats, refunds) = i < Stories.Length ? Stories[i] : ByShare(random.Next(Stories.Sum(one => one.Share)));
            var amount = random.NextInt64(500, 250_000);
            payments[i] = new(story, $"demo-{run}-{i}", $"demo-{run}-{i}", amount, Currencies[random.Next(Currencies.Length)], token, repeats,
                [.. refunds(amount).Select((part, no) => new PlannedRefund($"demo-{run}-{i}-refund-{no}", part, part > amount))]);
        }

        random.Shuffle(payments);
        return payments;
    }

    /// <summary>Nothing but charges that are approved.</summary>
    public static IReadOnlyList<PlannedPayment> Charges(string run, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new PlannedPayment(
            "charge", $"load-{run}-{i}", $"load-{run}-{i}", 1000 + i % 1000, "EUR", "tok_approve", Repeats.Never, []))];

    private static (string Story, int Share, string Token, Repeats Repeats, Func<long, long?[]> Refunds) ByShare(int dice)
    {
        foreach (var story in Stories)
        {
            if ((dice -= story.Share) < 0)
            {
                return story;
            }
        }

        return Stories[0];
    }
}
