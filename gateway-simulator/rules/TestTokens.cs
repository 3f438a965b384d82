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

    public static bool IsKnown(string token) =>
        token is Approve or InsufficientFunds or StolenCard or Slow or LostAnswerCharged or LostAnswerNotCharged or UnavailableThenOk
            or AuthorizationExpires;

    public static string? DeclineCode(string token) => token switch
    {
        InsufficientFunds => "insufficient_funds",
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
