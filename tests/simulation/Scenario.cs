using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Simulation;

/// <summary>What a merchant's client asks of a payment.</summary>
internal enum Act
{
    Charge,
    Capture,
    Cancel,
    Refund,
}

/// <param name="Number">Its place in the payment; part of its idempotency key.</param>
/// <param name="Amount">Minor units; null for all that is left.</param>
/// <param name="Before">How long the client waits before it asks.</param>
/// <param name="Twice">Two clients ask at once, under the same key.</param>
/// <param name="Mistake">It asks once more under the same key, for something else, and as another merchant.</param>
internal sealed record Step(int Number, Act Act, long? Amount, bool IsFinal, TimeSpan Before, bool Twice, bool Mistake);

/// <param name="Token">What the processor will do: approve, decline, leave it pending first, or send the customer to its bank.</param>
/// <param name="Dispute">What becomes of the customer's dispute; null: there is none.</param>
internal sealed record PaymentPlan(
    int Number, int Merchant, long Amount, string Currency, bool Manual, string Token, ImmutableArray<Step> Steps, string? Dispute = null);

/// <summary>A merchant's own entry between its own accounts, and whether it is taken back, perhaps by two programs at once.</summary>
internal sealed record EntryPlan(int Number, int Merchant, long Amount, TimeSpan Before, bool Reverse, bool Twice);

/// <param name="Minimum">What a requested decrease must leave of its balance; null: no limit.</param>
internal sealed record MerchantPlan(string Id, FeeTerms Fee, long? Minimum);

/// <summary>Everything that a seed means, before anything runs. What a run does with it follows from the seed as well.</summary>
internal sealed record Scenario
{
    /// <summary>Long enough that a request which is still travelling has arrived, or never will.</summary>
    public static readonly TimeSpan AbsenceFinalAfter = TimeSpan.FromSeconds(20);

    public static readonly TimeSpan GatewayTimeout = TimeSpan.FromSeconds(6);

    public required Form Form { get; init; }
    public required int Nodes { get; init; }
    public required GatewayCapabilities Gateway { get; init; }
    public required ImmutableArray<MerchantPlan> Merchants { get; init; }
    public required ImmutableArray<PaymentPlan> Payments { get; init; }
    public required ImmutableArray<EntryPlan> Entries { get; init; }
    public required Faults Faults { get; init; }

    /// <summary>The processors, in the order in which they are tried.</summary>
    public required ImmutableArray<string> Routes { get; init; }

    /// <summary>How bad the network to the processor is: 1, or three times as bad.</summary>
    public required int NetworkTrouble { get; init; }

    /// <summary>When all that is wrong ends; from then on everything must become final in bounded time (I6).</summary>
    public required TimeSpan FaultsEnd { get; init; }

    /// <summary>How far ahead timers wake a payment; beyond it a reminder does.</summary>
    public required TimeSpan TimerHorizon { get; init; }

    public bool Has(Faults fault) => (Faults & fault) != 0;

    /// <summary>The scenario of a seed, less what the form leaves out.</summary>
    public static Scenario Of(Form form)
    {
        var random = RandomStream.Of(form.Seed, "scenario");
        var keyLife = random.Chance(0.75) ? (random.Chance(0.6) ? random.Seconds(40, 110) : TimeSpan.FromHours(24)) : default(TimeSpan?);
        var gateway = new GatewayCapabilities(keyLife, random.Chance(0.7), AbsenceFinalAfter, GatewayTimeout);
        var merchants = Enumerable.Range(0, 2).Select(i => new MerchantPlan(
            $"mer_0000000000000000000000000{i + 1}",
            new FeeTerms(random.Pick<int>([0, 0, 290, 333, 150]), random.Pick<long>([0, 0, 30, 7]), random.Chance(0.5)),
            random.Chance(0.6) ? 0 : null)).ToImmutableArray();
        var faults = Faults.None;
        // What came to the simulation later has a stream of its own: the scenarios from before stay what they were.
        var evidence = RandomStream.Of(form.Seed, "evidence");
        foreach (var fault in Enum.GetValues<Faults>())
        {
            faults |= (fault <= Faults.Mistakes ? random : evidence).Chance(0.45) ? fault : Faults.None;
        }

        var payments = Enumerable.Range(0, 5).Select(number => Payment(number, random)).Select(plan => WithFate(plan, evidence)).ToImmutableArray();
        var services = RandomStream.Of(form.Seed, "services");
        var entries = Enumerable.Range(0, services.Below(3)).Select(number => new EntryPlan(
            number, services.Below(2), services.Between(1, 60), services.Seconds(0, 20), services.Chance(0.6), services.Chance(0.4))).ToImmutableArray();
        return new()
        {
            Form = form,
            Nodes = random.Chance(0.3) ? 3 : 2,
            Gateway = gateway,
            Merchants = merchants,
            Payments = [.. payments.Where(payment => form.KeepsPayment(payment.Number))
                .Select(payment => payment with { Steps = [.. payment.Steps.Where(step => form.KeepsStep(payment.Number, step.Number))] })],
            Entries = form.WithoutEntries ? [] : entries,
            Faults = faults & ~form.Without,
            Routes = evidence.Chance(0.5) ? ["first", "second"] : ["first"],
            NetworkTrouble = random.Chance(0.3) ? 3 : 1,
            FaultsEnd = random.Seconds(40, 90),
            TimerHorizon = random.Pick<TimeSpan>([TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1)]),
        };
    }

    // Some customers have to act, some payments are declined by the first processor only, some are disputed.
    private static PaymentPlan WithFate(PaymentPlan plan, RandomStream evidence)
    {
        var (dice, dispute) = (evidence.Below(10), evidence.Below(8));
        return plan with
        {
            Token = dice switch { 0 => "action_approve", 1 => "action_decline", 2 => "try_again", 3 => "decline_first", _ => plan.Token },
            Dispute = dispute switch { 0 => "won", 1 => "lost", 2 => "open", _ => null },
        };
    }

    private static PaymentPlan Payment(int number, RandomStream random)
    {
        var manual = random.Chance(0.5);
        var amount = random.Chance(0.3) ? random.Between(1, 40) : random.Between(41, 3000);
        var steps = new List<Step> { NewStep(0, Act.Charge, null) };
        var left = amount;
        for (var part = manual ? random.Below(2) + 1 : 0; part > 0 && left > 0; part--)
        {
            var taken = part == 1 && random.Chance(0.6) ? left : Math.Min(left, random.Between(1, Math.Max(1, amount * 2 / 3)));
            left -= taken;
            steps.Add(NewStep(steps.Count, Act.Capture, taken) with { IsFinal = part == 1 && random.Chance(0.5) });
        }

        if (manual && random.Chance(0.3))
        {
            steps.Insert(1 + random.Below(steps.Count), NewStep(steps.Count, Act.Cancel, null));
        }

        for (var refunds = random.Pick<int>([0, 1, 1, 2]); refunds > 0; refunds--)
        {
            steps.Add(NewStep(steps.Count, Act.Refund, random.Chance(0.3) ? null : random.Between(1, Math.Max(1, amount))));
        }

        return new(
            number, random.Below(2), amount, random.Pick<string>(["EUR", "EUR", "JPY"]), manual,
            random.Pick<string>(["approve", "approve", "approve", "approve", "decline", "pending_approve", "pending_decline"]), [.. steps]);

        Step NewStep(int step, Act act, long? part) => new(
            step, act, part, false, step == 0 ? random.Seconds(0, 15) : random.Seconds(0, 4), random.Chance(0.2), random.Chance(0.1));
    }
}
