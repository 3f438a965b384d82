namespace Payments.Tests.Gateways;

/// <summary>A processor's test payment methods, by what they make the processor do. Null: it has none for that.</summary>
/// <param name="Approve">Approves.</param>
/// <param name="Decline">Declines.</param>
/// <param name="DeclineCode">With this code.</param>
/// <param name="Unknown">Is no token of the processor.</param>
/// <param name="LostAnswerCharged">Charges, then breaks the connection; only the first time.</param>
/// <param name="LostAnswerNotCharged">Breaks the connection before any work; only the first time.</param>
/// <param name="UnavailableThenOk">Turned away at the door twice.</param>
/// <param name="Slow">Is still working when the test cancels.</param>
public sealed record GatewayTokens(
    string Approve,
    string Decline,
    string DeclineCode,
    string? Unknown,
    string? LostAnswerCharged,
    string? LostAnswerNotCharged,
    string? UnavailableThenOk,
    string? Slow);
