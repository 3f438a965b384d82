namespace Payments.Gateways;

/// <summary>How the processors look from this node.</summary>
public interface IGatewayStates
{
    /// <summary>All configured processors, by name.</summary>
    IReadOnlyList<GatewayState> All();
}

/// <param name="Mode"><c>test</c> or <c>live</c>.</param>
/// <param name="Breaker"><c>closed</c>: calls go through. <c>open</c>: too many failed, none goes through for a while. <c>half_open</c>: one is let through to see.</param>
/// <param name="InFlight">Calls of this node that are under way.</param>
/// <param name="MaxInFlight">How many may be.</param>
/// <param name="TurnedAway">Calls that this node did not make since it started, because of the breaker or too many at once.</param>
/// <param name="IsDrained">Whether operators have closed it for new payments.</param>
public sealed record GatewayState(string Name, string Mode, string Breaker, int InFlight, int MaxInFlight, long TurnedAway, bool IsDrained);
