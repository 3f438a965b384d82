namespace Payments.GatewaySimulator.Http;

internal sealed record ChargeBody(string? Reference, long? Amount, string? Currency, string? Token);

internal sealed record RefundBody(string? Reference, long? Amount, string? Currency, string? ChargeId);

internal sealed record FaultsBody(long? Seed, double? LostBefore, double? LostAfter, double? Unavailable, double? Slow, int? SlowMs);
