namespace Payments.GatewaySimulator.Rules;

/// <summary>What goes wrong with one request.</summary>
internal readonly record struct FaultPlan
{
    /// <summary>503 at the door, before any work.</summary>
    public bool Unavailable { get; init; }

    /// <summary>The connection breaks before any work.</summary>
    public bool LostBefore { get; init; }

    /// <summary>The connection breaks after the outcome is durable.</summary>
    public bool LostAfter { get; init; }

    /// <summary>How long the work takes; the operation is pending meanwhile.</summary>
    public TimeSpan Slow { get; init; }

    /// <summary>How long the answer takes once the work is done: a webhook overtakes it, and we may have given it up.</summary>
    public TimeSpan SlowAnswer { get; init; }

    /// <summary>Both plans at once.</summary>
    public FaultPlan And(FaultPlan other) => new()
    {
        Unavailable = Unavailable || other.Unavailable,
        LostBefore = LostBefore || other.LostBefore,
        LostAfter = LostAfter || other.LostAfter,
        Slow = Slow > other.Slow ? Slow : other.Slow,
        SlowAnswer = SlowAnswer > other.SlowAnswer ? SlowAnswer : other.SlowAnswer,
    };
}
