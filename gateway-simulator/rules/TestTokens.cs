namespace Payments.GatewaySimulator.Rules;

/// <summary>The payment methods that the simulator knows; each plays one behaviour.</summary>
internal static class TestTokens
{
    public const string Approve = "tok_approve";
    public const string InsufficientFunds = "tok_decline_insufficient_funds";
    public const string StolenCard = "tok_decline_stolen_card";
    public const string Slow = "tok_slow";
    public const string LostAnswerCharged = "tok_lost_answer_charged";
    public const string LostAnswerNotCharged = "tok_lost_answer_not_charged";
    public const string UnavailableThenOk = "tok_unavailable_then_ok";
    public const string AuthorizationExpires = "tok_authorization_expires";
    public const string TryAgain = "tok_decline_try_again";
    public const string PendingThenApprove = "tok_pending_then_approve";
    public const string PendingThenDecline = "tok_pending_then_decline";
    public const string RequiresAction = "tok_requires_action";
    public const string DisputedWon = "tok_disputed_won";
    public const string DisputedLost = "tok_disputed_lost";

    public static bool IsKnown(string token) =>
        token is Approve or InsufficientFunds or StolenCard or Slow or LostAnswerCharged or LostAnswerNotCharged or UnavailableThenOk
            or AuthorizationExpires or TryAgain or PendingThenApprove or PendingThenDecline or RequiresAction or DisputedWon or DisputedLost;

    /// <summary>Its answer is that the processor has it; what became of it is told later, by webhook or when asked.</summary>
    public static bool IsPending(string token) => token is PendingThenApprove or PendingThenDecline;

    public static bool IsDisputed(string token) => token is DisputedWon or DisputedLost;

    public static bool IsDisputeWon(string token) => token == DisputedWon;

    public static string? DeclineCode(string token) => token switch
    {
        InsufficientFunds or PendingThenDecline => "insufficient_funds",
        TryAgain => Operation.TryAgainLater,
        StolenCard => "stolen_card",
        _ => null,
    };

    /// <param name="token">A known token; the id of another operation asks for no fault.</param>
    /// <param name="attempt">1 for the first request with its key since the simulator started.</param>
    /// <param name="slowFor">How long slow is.</param>
    public static FaultPlan Plan(string token, int attempt, TimeSpan slowFor) => token switch
    {
        Slow => new FaultPlan { Slow = slowFor },
        LostAnswerCharged => new FaultPlan { LostAfter = attempt == 1 },
        LostAnswerNotCharged => new FaultPlan { LostBefore = attempt == 1 },
        UnavailableThenOk => new FaultPlan { Unavailable = attempt <= 2 },
        _ => default,
    };
}
