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

/// <summary>What becomes of an authorization.</summary>
/// <param name="Amount">Minor units to be captured, which releases the rest; null: nothing, it is canceled.</param>
internal sealed record PlannedCapture(string Key, long? Amount);

/// <param name="Story">What it is there to show.</param>
/// <param name="Token">The processor's token, which says what becomes of it.</param>
/// <param name="Capture">Of a payment that is authorized first; null: it is charged at once.</param>
internal sealed record PlannedPayment(
    string Story, string Key, string Reference, long Amount, string Currency, string Token, Repeats Repeats, IReadOnlyList<PlannedRefund> Refunds,
    PlannedCapture? Capture = null)
{
    /// <summary>What it must not become, whatever breaks on the way.</summary>
    public string Impossible => Token.Contains("decline", StringComparison.OrdinalIgnoreCase) ? "succeeded" : "declined";
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
        ("told by webhook, approved", 20, "tok_pending_then_approve", Repeats.Never, amount => [amount / 2]),
        ("told by webhook, declined", 10, "tok_pending_then_decline", Repeats.Never, _ => []),
        ("dispute won", 5, "tok_disputed_won", Repeats.Never, _ => []),
        ("dispute lost", 5, "tok_disputed_lost", Repeats.Never, _ => []),
    ];

    // The tokens of Stripe's test mode.
    private static readonly (string Story, int Share, string Token, Repeats Repeats, Func<long, long?[]> Refunds)[] StripeStories =
    [
        ("charged", 30, "tok_visa", Repeats.Never, _ => []),
        ("declined, insufficient funds", 10, "tok_chargeDeclinedInsufficientFunds", Repeats.Never, _ => []),
        ("sent many times at once", 10, "tok_mastercard", Repeats.AtOnce, _ => []),
        ("refunded in part", 15, "tok_visa", Repeats.Never, amount => [amount / 3]),
        ("refunded in full", 10, "tok_visa", Repeats.Never, _ => [null]),
        ("authorized and captured in full", 10, "tok_visa", Repeats.Never, _ => []),
        ("authorized and captured in part", 10, "tok_visa", Repeats.Never, _ => []),
        ("authorized and canceled", 5, "tok_visa", Repeats.Never, _ => []),
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
            var (story, _, token, repeats, refunds) = i < Stories.Length ? Stories[i] : ByShare(Stories, random);
            var amount = random.NextInt64(500, 250_000);
            payments[i] = new(story, $"demo-{run}-{i}", $"demo-{run}-{i}", amount, Currencies[random.Next(Currencies.Length)], token, repeats,
                [.. refunds(amount).Select((part, no) => new PlannedRefund($"demo-{run}-{i}-refund-{no}", part, part > amount))]);
        }

        random.Shuffle(payments);
        return payments;
    }

    /// <summary>Charges, captures and refunds with the tokens of Stripe's test mode.</summary>
    /// <param name="hasIntents">Whether the tokens are payment methods, as payment intents take them.</param>
    public static IReadOnlyList<PlannedPayment> Stripe(string run, int count, int seed, bool hasIntents)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                var (story, _, token, repeats, refunds) = i < StripeStories.Length ? StripeStories[i] : ByShare(StripeStories, random);
                var (key, amount) = ($"demo-{run}-{i}", random.NextInt64(1_000, 50_000));
                var captured = story.EndsWith("in full", StringComparison.Ordinal) ? amount : story.EndsWith("in part", StringComparison.Ordinal) ? amount / 2 : default(long?);
                return new PlannedPayment(
                    story, key, key, amount, Currencies[random.Next(Currencies.Length - 1)], hasIntents ? $"pm_card_{token[4..]}" : token, repeats,
                    [.. refunds(amount).Select((part, no) => new PlannedRefund($"{key}-refund-{no}", part, false))],
                    story.StartsWith("authorized", StringComparison.Ordinal) ? new($"{key}-end", captured) : null);
            }),
        ];
    }

    /// <summary>Nothing but charges that are approved.</summary>
    public static IReadOnlyList<PlannedPayment> Charges(string run, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new PlannedPayment(
            "charge", $"load-{run}-{i}", $"load-{run}-{i}", 1000 + i % 1000, "EUR", "tok_approve", Repeats.Never, []))];

    private static (string Story, int Share, string Token, Repeats Repeats, Func<long, long?[]> Refunds) ByShare(
        (string Story, int Share, string Token, Repeats Repeats, Func<long, long?[]> Refunds)[] stories, Random random)
    {
        var dice = random.Next(stories.Sum(one => one.Share));
        foreach (var story in stories)
        {
            if ((dice -= story.Share) < 0)
            {
                return story;
            }
        }

        return stories[0];
    }
}
